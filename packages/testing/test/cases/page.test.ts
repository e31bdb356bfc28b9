import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { errorCatalogue } from '@dock/core';

const page = readFileSync(new URL('../../../../docs/reference/reliability.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, number, cells = '']) => ({
  number: Number(number),
  cells: cells.split(' | '),
}));
const tested = new Set(
  readdirSync(new URL('.', import.meta.url)).flatMap(
    (name) => /^(\d\d)-.*\.test\.ts$/.exec(name)?.slice(1).map(Number) ?? [],
  ),
);

test('the page has the forty cases in order, each with the outcomes of dock and four peers', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  expect(rows.filter(({ cells }) => cells.length !== 6)).toEqual([]);
});

test('every case has its test', () => {
  expect(rows.map(({ number }) => number).filter((number) => !tested.has(number))).toEqual([]);
});

test('the page names no code that dock does not have', () => {
  const known = new Set<string>(errorCatalogue.map(({ code }) => code));
  const named = rows.flatMap(({ cells }) =>
    [...(cells[1] ?? '').matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code]) => code ?? ''),
  );
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((code) => !known.has(code))).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { errorCatalogue } from '@dock/core';
import { outcomesOnPage, pageRows } from './held-to-page.js';

const rows = pageRows();
const numbers = rows.map(({ number }) => number);

test('the page has the forty cases in order, each with the outcomes of dock and four peers', () => {
  expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  expect(rows.filter(({ cells }) => cells.length !== 6)).toEqual([]);
});

test('every case has its test, which is held to the outcomes on the page', () => {
  const held = readdirSync(new URL('.', import.meta.url)).flatMap((name) => {
    const number = /^(\d\d)-.*\.test\.ts$/.exec(name)?.[1];
    if (number === undefined) return [];
    const text = readFileSync(new URL(name, import.meta.url), 'utf8');
    return text.includes(`\nholdToPage(${Number(number)});\n`) ? [Number(number)] : [];
  });
  expect(held.sort((a, b) => a - b)).toEqual(numbers);
});

test('the exit status of each outcome is that of its code', () => {
  const statusOf = new Map<string, number>(errorCatalogue.map(({ code, exit }) => [code, exit]));
  const named = numbers.flatMap(outcomesOnPage).map((outcome) => outcome.split(' '));
  expect(named.filter(([, code]) => code !== undefined).length).toBeGreaterThan(40);
  // 143 is SIGTERM's.
  const wrong = named.filter(
    ([status, code]) => code !== undefined && statusOf.get(code) !== Number(status) && status !== '143',
  );
  expect(wrong).toEqual([]);
});

test('reads a status in bold with each code that follows it', () => {
  expect(outcomesOnPage(7)).toEqual(['2 INVALID_GIT_URL', '2 SOURCE_NOT_FOUND']);
  expect(outcomesOnPage(31)).toEqual(['0', '2 CONTEXT_ERROR']);
});

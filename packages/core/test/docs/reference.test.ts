import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { eventTypes } from '../../src/contracts/event.js';
import { hookNames } from '../../src/contracts/phases.js';
import { errorCatalogue } from '../../src/errors/catalogue.js';
import { namedStages } from '../../src/hooks/tap.js';

/** The rows of the tables of a reference page: the cells, without back quotes. */
function rows(page: string): string[][] {
  const text = readFileSync(new URL(`../../../../docs/reference/${page}.md`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.replaceAll('`', '').trim()),
    );
}

describe('docs/reference', () => {
  test('errors.md lists every code of the catalogue, in its order, with exit status, meaning and hint', () => {
    const expected = errorCatalogue.map(({ code, exit, retryable, meaning, hint }) => [
      code,
      String(exit),
      retryable ? 'yes' : 'no',
      meaning,
      hint,
    ]);
    expect(rows('errors')).toEqual(expected.map((row) => row.map((cell) => cell.replaceAll('`', ''))));
  });

  test('hooks.md lists every hook, in run order', () => {
    expect(
      rows('hooks')
        .map(([hook]) => hook)
        .filter((hook) => (hookNames as readonly string[]).includes(hook ?? '')),
    ).toEqual([...hookNames]);
  });

  test('hooks.md names every stage with its number', () => {
    const documented = rows('hooks')
      .filter(([, stage]) => /^-?\d+$/.test(stage ?? ''))
      .map(([name, stage]) => [name, Number(stage)]);
    const real = Object.entries(namedStages).flatMap(([hook, stages]) =>
      Object.entries(stages ?? {}).map(([name, stage]) => [`${hook}: ${name}`, stage]),
    );
    expect(documented).toEqual(real);
  });

  test('events.md lists every event type, in order', () => {
    expect(
      rows('events')
        .map(([type]) => type)
        .filter((type) => (eventTypes as readonly string[]).includes(type ?? '')),
    ).toEqual([...eventTypes]);
  });
});

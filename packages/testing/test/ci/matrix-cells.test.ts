import { expect, test } from '@jest/globals';
import { cellsOf, triesIn, triesText } from '../../../../.ci/matrix-cells.mjs';

const lines = (...tries: object[]) => triesIn(tries.map((each) => `${JSON.stringify(each)}\n`).join(''));

test('a cell that was right only at its second try is counted with both, and named', () => {
  const cells = cellsOf(
    lines(
      { index: 1, name: 'here: push: SIGINT', isOk: false, wrong: ['status 1, not 130'] },
      { index: 0, name: 'here: config: SIGINT', isOk: true },
      { index: 1, name: 'here: push: SIGINT', isOk: true },
    ),
  );
  expect(cells.map(({ name, isOk, tries, failures }) => [name, isOk, tries, failures])).toEqual([
    ['here: config: SIGINT', true, 1, []],
    ['here: push: SIGINT', true, 2, ['status 1, not 130']],
  ]);
  expect(triesText(cells)).toBe('1 of them not at the first try: here: push: SIGINT (try 2).');
});

test('says that all were right at once when they were, and a cell that stays wrong is not among the later ones', () => {
  expect(triesText(cellsOf(lines({ index: 0, name: 'a', isOk: true })))).toBe('Each at the first try.');
  expect(triesText(cellsOf(lines({ index: 0, name: 'a', isOk: false }, { index: 0, name: 'a', isOk: false })))).toBe(
    'Each at the first try.',
  );
});

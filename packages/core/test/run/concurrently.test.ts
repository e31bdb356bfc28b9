import { expect, test } from '@jest/globals';
import { concurrently } from '../../src/run/concurrently.js';

const turn = async () => new Promise((resolve) => setImmediate(resolve));

test('keeps the order of the items and works at so many at a time', async () => {
  let running = 0;
  let most = 0;
  const values = await concurrently([3, 1, 2, 0], 2, async (turns) => {
    running += 1;
    most = Math.max(most, running);
    for (let left = turns; left >= 0; left -= 1) await turn();
    running -= 1;
    return turns * 10;
  });
  expect([values, most]).toEqual([[30, 10, 20, 0], 2]);
});

test('rejects with the first rejection, and only when nothing runs any more', async () => {
  const ended: number[] = [];
  const work = concurrently([0, 1, 2], 3, async (item) => {
    for (let left = item * 2; left >= 0; left -= 1) await turn();
    ended.push(item);
    if (item < 2) throw new Error(`item ${item}`);
  });
  await expect(work).rejects.toThrow('item 0');
  expect(ended).toEqual([0, 1, 2]);
});

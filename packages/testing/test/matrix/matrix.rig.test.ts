import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sharedRegistry, startEngine } from '@dock/testing';
import { allCells, type Cell, fewCells } from './cells.js';
import { addForeign } from './engine-contents.js';
import { judgeCell } from './judge-cell.js';
import { type MatrixRig, runCell } from './run-cell.js';

/** Where `npm run matrix` wants to hear of each cell; it runs all of them that were not right there yet. */
const record = process.env['DOCK_MATRIX_FILE'];
/** `0/2`: every second one, from the first. */
const [lane = 0, lanes = 1] = (process.env['DOCK_MATRIX_LANE'] ?? '').split('/').filter(Boolean).map(Number);
/** A regular expression for the names of cells. */
const only = new RegExp(process.env['DOCK_MATRIX_ONLY'] ?? '');

const nameOf = ({ runner, point, fault }: Cell) => `${runner}: ${point.name}: ${fault}`;

const all = allCells();

function cellsToRun(): Cell[] {
  if (record === undefined) return fewCells();
  const lines = existsSync(record) ? readFileSync(record, 'utf8').split('\n').filter(Boolean) : [];
  const tries = lines.map((line) => JSON.parse(line) as { readonly name: string; readonly isOk: boolean });
  const done = new Set(tries.filter(({ isOk }) => isOk).map(({ name }) => name));
  return all.filter((cell, index) => index % lanes === lane && !done.has(nameOf(cell)) && only.test(nameOf(cell)));
}

let rig: MatrixRig;
beforeAll(async () => {
  const [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
  rig = { engine, registry };
  await addForeign(engine);
});
afterAll(() => rig.engine.stop());

const cells = cellsToRun();

// A lane may have nothing left to do.
if (cells.length === 0) test('every cell is done', () => expect(all.length).toBeGreaterThan(0));

test.each(cells.map((cell) => [nameOf(cell), cell] as const))(
  '%s ends as it should, with a result, and leaves nothing after gc',
  async (name, cell) => {
    const { runner, point, fault } = cell;
    const began = performance.now();
    const tell = (outcome: object) => {
      const index = all.findIndex((each) => nameOf(each) === name);
      const ms = Math.round(performance.now() - began);
      const line = { index, of: all.length, name, runner, point: point.name, fault, ms, ...outcome };
      if (record !== undefined) appendFileSync(record, `${JSON.stringify(line)}\n`);
    };
    try {
      const outcome = await runCell(rig, cell);
      const wrong = judgeCell(cell, outcome);
      const { status, endedAfterMs } = outcome;
      tell({ isOk: wrong.length === 0, status, endedAfterMs, ...(wrong.length === 0 ? {} : { wrong }) });
      expect(wrong).toEqual([]);
    } catch (error) {
      if (error instanceof Error && !('matcherResult' in error)) tell({ isOk: false, wrong: [error.message] });
      throw error;
    }
  },
  300_000,
);

import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RigEngine, type SharedRigRegistry, sharedRegistry, startEngine } from '@dock/testing';
import { allCells, pairwiseCells } from './cells.js';
import { judgeCell } from './judge-cell.js';
import { runCell } from './run-cell.js';

/** Where `npm run matrix` wants to hear of each cell; it runs all of them. */
const record = process.env['DOCK_MATRIX_FILE'];
const cells = record === undefined ? pairwiseCells() : allCells();

let engine: RigEngine;
let registry: SharedRigRegistry;
beforeAll(async () => {
  [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
});
afterAll(() => engine.stop());

test.each(cells.map((cell) => [cell.point.name, cell.fault, cell.runner, cell] as const))(
  '%s: %s (runner %s) ends as it should, with a result, and leaves nothing after gc',
  async (name, fault, runner, { point }) => {
    const outcome = await runCell(engine, registry, point, fault);
    const wrong = judgeCell(point, fault, outcome);
    const { status, endedAfterMs } = outcome;
    const line = { point: name, fault, runner, isOk: wrong.length === 0, status, endedAfterMs };
    if (record !== undefined) appendFileSync(record, `${JSON.stringify(line)}\n`);
    expect(wrong).toEqual([]);
  },
  240_000,
);

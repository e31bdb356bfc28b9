import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, test } from '@jest/globals';
import { type RigEngine, type SharedRigRegistry, sharedRegistry, startEngine } from '@dock/testing';
import { allCells, pairwiseCells } from './cells.js';
import { checkCell } from './check-cell.js';

/** Where `npm run matrix` wants to hear of each cell; it runs all of them. */
const record = process.env['DOCK_MATRIX_FILE'];
const cells = record === undefined ? pairwiseCells() : allCells();

let engine: RigEngine;
let registry: SharedRigRegistry;
beforeAll(async () => {
  [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
});
afterAll(() => engine.stop());

const tell = (line: object) => {
  if (record !== undefined) appendFileSync(record, `${JSON.stringify(line)}\n`);
};

test.each(cells.map((cell) => [cell.point.name, cell.fault, cell.runner, cell] as const))(
  '%s: %s (runner %s) ends as it should, with a result, and leaves nothing after gc',
  async (point, fault, runner, cell) => {
    try {
      const { endedAfterMs, gc, status } = await checkCell(engine, registry, cell.point, fault);
      tell({ point, fault, runner, isOk: true, status, endedAfterMs, collected: gc.removed.length });
    } catch (error) {
      tell({ point, fault, runner, isOk: false });
      throw error;
    }
  },
  240_000,
);

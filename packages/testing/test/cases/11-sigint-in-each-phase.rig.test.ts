import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sharedRegistry, startEngine } from '@dock/testing';
import { judgeCell } from '../matrix/judge-cell.js';
import { points } from '../matrix/points.js';
import { type MatrixRig, runCell } from '../matrix/run-cell.js';

let rig: MatrixRig;
beforeAll(async () => {
  const [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
  rig = { engine, registry };
});
afterAll(() => rig.engine.stop());

/** Where the engine hangs nothing can be cleaned up in time; then gc does it. */
const isHung = (name: string) => name === 'endpoint' || name === 'context upload';

test.each(points.map((point) => [point.name, point] as const))(
  'SIGINT in %s: 130, a result that says cancelled and where, and nothing is left',
  async (name, point) => {
    const cell = { runner: 'here', point, fault: 'SIGINT' } as const;
    const outcome = await runCell(rig, cell);
    expect(judgeCell(cell, outcome)).toEqual([]);
    expect(isHung(name) ? [] : outcome.gc.removed).toEqual([]);
  },
);

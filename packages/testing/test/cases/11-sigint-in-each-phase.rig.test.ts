import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RigEngine, type SharedRigRegistry, sharedRegistry, startEngine } from '@dock/testing';
import { judgeCell } from '../matrix/judge-cell.js';
import { points } from '../matrix/points.js';
import { runCell } from '../matrix/run-cell.js';

let engine: RigEngine;
let registry: SharedRigRegistry;
beforeAll(async () => {
  [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
});
afterAll(() => engine.stop());

/** Where the engine hangs nothing can be cleaned up in time; then gc does it. */
const isHung = (name: string) => name === 'endpoint' || name === 'context upload';

test.each(points.map((point) => [point.name, point] as const))(
  'SIGINT in %s: 130 within 10 s, a result that says cancelled and where, and nothing is left',
  async (name, point) => {
    const outcome = await runCell(engine, registry, point, 'SIGINT');
    expect(judgeCell(point, 'SIGINT', outcome)).toEqual([]);
    expect(isHung(name) ? [] : outcome.gc.removed).toEqual([]);
  },
);

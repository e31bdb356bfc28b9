import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RigEngine, type SharedRigRegistry, sharedRegistry, startEngine } from '@dock/testing';
import { checkCell } from '../matrix/check-cell.js';
import { points } from '../matrix/points.js';

let engine: RigEngine;
let registry: SharedRigRegistry;
beforeAll(async () => {
  [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
});
afterAll(() => engine.stop());

test.each(points.map((point) => [point.name, point] as const))(
  'SIGINT in %s: 130 within 10 s, a result that says cancelled and where, and nothing is left',
  async (_, point) => {
    const { gc } = await checkCell(engine, registry, point, 'SIGINT');
    // An engine that hangs cannot be cleaned up in time; then the next collection does it.
    if (point.name !== 'context upload' && point.name !== 'endpoint') expect(gc.removed).toEqual([]);
  },
);

import { expect } from '@jest/globals';
import type { RigEngine, SharedRigRegistry } from '@dock/testing';
import { expectationOf, type Fault } from './faults.js';
import type { Point } from './points.js';
import { type CellOutcome, runCell } from './run-cell.js';

/** Longest time from a signal to the end of the process, ms. */
const cancelMs = 10_000;

/** Run a cell of the matrix and hold it to what must come of it. */
export async function checkCell(
  engine: RigEngine,
  registry: SharedRigRegistry,
  point: Point,
  fault: Fault,
): Promise<CellOutcome> {
  const outcome = await runCell(engine, registry, point, fault);
  const { status, result, left, gc, endedAfterMs } = outcome;
  const { status: statuses, codes, hasPhase } = expectationOf(point, fault);
  const isAsExpected = statuses.includes(status ?? 'none') && codes.includes(result?.error?.code);
  expect({ status, code: result?.error?.code, stderr: isAsExpected ? '' : outcome.stderr.slice(-3000) }).toEqual({
    status: isAsExpected ? status : statuses,
    code: isAsExpected ? result?.error?.code : codes,
    stderr: '',
  });
  if (hasPhase) expect(result?.error?.phase).toBe(point.phase);
  if (typeof status === 'number') expect(result?.exitStatus).toBe(status);
  if (fault === 'SIGINT' || fault === 'SIGTERM') {
    expect(result?.status).toBe('cancelled');
    expect(endedAfterMs).toBeLessThan(cancelMs);
  }
  expect({ left, failed: gc.failed, status: gc.status }).toEqual({ left: [], failed: [], status: 'ok' });
  return outcome;
}

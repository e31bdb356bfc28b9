import type { Cell } from './cells.js';
import { expectationOf } from './faults.js';
import type { CellOutcome } from './run-cell.js';

/** How long a run may go on after a signal, ms: design §5. */
export const cancelLimitMs = 10_000;

/** Hold what a run of the matrix came to against what must come of it. @returns what is wrong, in words */
export function judgeCell(cell: Cell, outcome: CellOutcome): string[] {
  const { point, fault } = cell;
  const { status, endedAfterMs, result, left, taken, gc, stderr } = outcome;
  const { status: statuses, codes, hasPhase } = expectationOf(cell);
  const wrong: string[] = [];
  const expect = (isRight: boolean, words: string) => void (isRight || wrong.push(words));
  const code = result?.error?.code;
  expect(statuses.includes(status ?? 'none'), `status ${String(status)}, not ${statuses.join(' or ')}`);
  expect(codes.includes(code), `code ${String(code)}, not ${codes.join(' or ')}`);
  expect(
    !hasPhase || result?.error?.phase === point.phase,
    `phase ${String(result?.error?.phase)}, not ${point.phase}`,
  );
  expect(
    typeof status !== 'number' || result?.exitStatus === status,
    `the result file says ${String(result?.exitStatus)}, the process ${String(status)}`,
  );
  if (fault === 'SIGINT' || fault === 'SIGTERM') {
    expect(result?.status === 'cancelled', `the result says ${String(result?.status)}`);
    expect(endedAfterMs <= cancelLimitMs, `it ended ${endedAfterMs} ms after the signal, not within ${cancelLimitMs}`);
  }
  expect(left.length === 0, `left after gc: ${left.join(', ')}; gc said ${JSON.stringify(gc)}`);
  expect(taken.length === 0, `not there any more, and not dock's: ${taken.join(', ')}`);
  expect(gc.status === 'ok', `gc: ${gc.error?.message ?? ''}`);
  return wrong.length === 0 ? [] : [...wrong, stderr.slice(-3000)];
}

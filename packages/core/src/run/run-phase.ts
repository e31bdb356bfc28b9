import type { PhaseName } from '../contracts/phases.js';
import { DockError, isDockError } from '../errors/dock-error.js';
import { toDockError } from '../errors/error-document.js';
import { cancellation } from '../errors/cancellation.js';
import { setLimit } from '../time/set-limit.js';
import { graceMs } from './limits.js';
import type { RunScope } from './run-scope.js';

/** What dock's own work gets beyond the taps' grace time, ms: a tap's own words about why it stopped come first. */
const ownGraceMs = 250;

/**
 * Run one phase between its events. A cancelled run starts no phase, a phase over its limit stops the run, and work that does not
 * stop is given up after a grace time.
 *
 * @throws the phase's error, naming the phase
 */
export async function runPhase<T>(scope: RunScope, phase: PhaseName, work: () => Promise<T>): Promise<T> {
  scope.phase = phase;
  const began = performance.now();
  scope.emit({ type: 'phase.start', phase });
  const end = (status: 'ok' | 'failed' | 'cancelled') => {
    const durationMs = Math.round(performance.now() - began);
    scope.emit({ type: 'phase.end', phase, status, durationMs });
    scope.record.endPhase(phase, status, durationMs);
  };
  const limit = scope.limits.phaseMs;
  const clearLimit = setLimit(limit, () =>
    scope.stop(
      new DockError('TIMEOUT', `Phase "${phase}" took longer than ${limit} ms.`, {
        hint: 'Raise timeouts.phaseMs.',
        phase,
      }),
    ),
  );
  try {
    scope.signal.throwIfAborted();
    const value = await untilGivenUp(scope, work);
    scope.signal.throwIfAborted();
    end('ok');
    return value;
  } catch (caught) {
    const error = whyEnded(scope.signal, caught).within({ phase });
    end(error.code === 'CANCELLED' ? 'cancelled' : 'failed');
    throw error;
  } finally {
    clearLimit();
  }
}

/** The work's outcome, or nothing more of it once the run is stopped and the grace time is over. */
async function untilGivenUp<T>(scope: RunScope, work: () => Promise<T>): Promise<T> {
  const { signal, context } = scope;
  return new Promise<T>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const giveUpAfter = (ms: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        release();
        reject(stillRunning(cancellation(signal.reason)));
      }, ms);
    };
    const onAbort = () => giveUpAfter(context.forceSignal?.aborted === true ? ownGraceMs : graceMs + ownGraceMs);
    const onForce = () => giveUpAfter(ownGraceMs);
    const release = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      context.forceSignal?.removeEventListener('abort', onForce);
    };
    signal.addEventListener('abort', onAbort);
    context.forceSignal?.addEventListener('abort', onForce);
    work().then(resolve, reject).finally(release);
  });
}

function stillRunning(error: DockError): DockError {
  return error.with({
    message: `${error.message} The phase's work is still running.`,
    details: { stillRunning: true },
  });
}

/** After an abort, what dock's own work says of it (a cut stream, an AbortError) is a consequence; the guard has decided so for taps already. */
export function whyEnded(signal: AbortSignal, caught: unknown): DockError {
  if (!signal.aborted) return toDockError(caught);
  const stopped = cancellation(signal.reason);
  const isSame = isDockError(caught) && caught.code === stopped.code && caught.exitStatus === stopped.exitStatus;
  if (isSame || (isDockError(caught) && caught.hook !== undefined)) return caught;
  // A cancelled call does not know by which signal.
  if (isDockError(caught) && caught.code === stopped.code) return stopped;
  if (caught !== signal.reason) stopped.attached.push(toDockError(caught));
  return stopped;
}

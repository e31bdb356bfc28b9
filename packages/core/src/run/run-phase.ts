import type { PhaseName } from '../contracts/phases.js';
import { DockError } from '../errors/dock-error.js';
import { toDockError } from '../errors/error-document.js';
import { cancellation } from '../hooks/guard.js';
import type { RunScope } from './run-scope.js';

/**
 * Run one phase between its events. A cancelled run starts no phase, and a phase over its limit stops the run.
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
  const timer =
    limit > 0
      ? setTimeout(
          () =>
            scope.stop(
              new DockError('TIMEOUT', `Phase "${phase}" took longer than ${limit} ms.`, {
                hint: 'Raise timeouts.phaseMs.',
                phase,
              }),
            ),
          limit,
        )
      : undefined;
  try {
    scope.signal.throwIfAborted();
    const value = await work();
    scope.signal.throwIfAborted();
    end('ok');
    return value;
  } catch (caught) {
    const error = (
      scope.signal.aborted && caught === scope.signal.reason ? cancellation(caught) : toDockError(caught)
    ).within({ phase });
    end(error.code === 'CANCELLED' ? 'cancelled' : 'failed');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

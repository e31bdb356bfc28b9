import { DockError } from '../errors/dock-error.js';
import { cancellation } from '../errors/cancellation.js';

/** The time that a source has, and the run's own signal. */
export interface SourceDeadline {
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** Throws once the time is over or the run is cancelled. @throws GIT_TIMEOUT, TIMEOUT, CANCELLED */
  check(doing: string): void;
}

/**
 * @param limitMs 0 or infinite: no limit.
 * @param who Does what is limited.
 */
export function sourceDeadline(runSignal: AbortSignal, limitMs: number, who: 'git' | 'dock' = 'git'): SourceDeadline {
  const isLimited = limitMs > 0 && Number.isFinite(limitMs);
  const timeout = isLimited ? AbortSignal.timeout(Math.min(limitMs, 2 ** 31 - 1)) : undefined;
  const signal = timeout === undefined ? runSignal : AbortSignal.any([runSignal, timeout]);
  return {
    signal,
    limitMs: isLimited ? limitMs : 0,
    check(doing) {
      if (runSignal.aborted) {
        const { code, exitStatus, hint, message } = cancellation(runSignal.reason);
        throw new DockError(code, `${message} ${who} was trying to ${doing}.`, {
          exitStatus,
          hint,
          cause: runSignal.reason,
        });
      }
      if (timeout?.aborted === true) {
        const limit = `${limitMs / 1000} s`;
        throw who === 'git'
          ? new DockError('GIT_TIMEOUT', `Git did not ${doing} within ${limit} and was ended.`)
          : new DockError('TIMEOUT', `dock did not ${doing} within ${limit}.`, {
              hint: 'Give it more time in the config: timeouts: { sourceMs }.',
            });
      }
    },
  };
}

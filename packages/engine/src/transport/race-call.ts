import { DockError, isDockError } from '@dock/core';
import { capitalised } from '@dock/core/internal';

/** Limits of one call. */
export interface CallLimits {
  readonly signal?: AbortSignal;
  /** Deadline, ms; 0 is none. */
  readonly timeoutMs: number;
}

/** What an aborted signal means: its own DockError, else CANCELLED. */
export function cancelled(signal: AbortSignal, what: string): DockError {
  if (isDockError(signal.reason)) return signal.reason;
  const exitStatus = signal.reason === 'SIGTERM' ? { exitStatus: 143 } : {};
  return new DockError('CANCELLED', `${capitalised(what)} was cancelled.`, { cause: signal.reason, ...exitStatus });
}

/**
 * Run a call under its own signal and race it against the deadline and the caller's signal: a call that never settles does not hold us.
 * The call's signal is aborted when the race ends, so whatever it still holds is let go.
 *
 * @param what the call in words: `inspecting image "x"`
 * @throws TIMEOUT, CANCELLED
 */
export async function raceCall<T>(
  what: string,
  { signal, timeoutMs }: CallLimits,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted === true) throw cancelled(signal, what);
  const own = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const limits = new Promise<never>((_resolve, reject) => {
    const stop = (error: DockError): void => {
      reject(error);
      own.abort(error);
    };
    onAbort = () => stop(cancelled(signal as AbortSignal, what));
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs > 0)
      timer = setTimeout(() => {
        const seconds = timeoutMs / 1000;
        stop(
          new DockError('TIMEOUT', `${capitalised(what)} took longer than ${seconds} s.`, {
            details: { call: what, timeoutMs },
          }),
        );
      }, timeoutMs);
  });
  limits.catch(() => undefined);
  const work = act(own.signal);
  // The loser of the race may still reject, with nobody listening.
  work.catch(() => undefined);
  try {
    return await Promise.race([limits, work]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
    if (!own.signal.aborted) own.abort(new DockError('CANCELLED', `${capitalised(what)} is over.`));
  }
}

import { DockError } from '@dock/core';
import { endingSignals } from './run-signals.js';

/**
 * Wait for something that is no run: the first SIGINT, SIGTERM or SIGHUP ends the wait, another one the process.
 *
 * @param work Gets a signal that is aborted then.
 * @param graceMs How long the work may take to stop and say what it did.
 * @throws CANCELLED, and what the work throws
 */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>, graceMs = 0): Promise<T> {
  const names = endingSignals();
  const cancel = new AbortController();
  const listeners = new Map<string, () => void>();
  const stopped = new Promise<never>((_, reject) => {
    for (const name of names) {
      listeners.set(name, () => {
        const exitStatus = name === 'SIGINT' ? 130 : 143;
        const error = new DockError('CANCELLED', `The command was cancelled by ${name}.`, { exitStatus });
        cancel.abort(error);
        if (graceMs === 0) reject(error);
        else setTimeout(() => reject(error), graceMs);
      });
    }
  });
  // The work may have an answer first.
  stopped.catch(() => undefined);
  for (const [name, listener] of listeners) process.once(name, listener);
  try {
    return await Promise.race([work(cancel.signal), stopped]);
  } finally {
    for (const [name, listener] of listeners) process.off(name, listener);
  }
}

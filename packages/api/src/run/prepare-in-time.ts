import { cancellation, DockError } from '@dock/core';

/** How long loading a config may take, ms: it is code, and may wait for something that never comes. */
const prepareLimitMs = 60_000;

/**
 * Wait for what a run is made from, no longer than its caller wants.
 *
 * @throws TIMEOUT, CANCELLED, and what `prepare` throws
 */
export async function prepareInTime<T>(
  prepare: () => Promise<T>,
  signal?: AbortSignal,
  limitMs: number = prepareLimitMs,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const givenUp = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(cancellation(signal?.reason));
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    timer = setTimeout(() => {
      const hint = 'A config must not wait for anything; do so in a plugin.';
      reject(new DockError('TIMEOUT', `Loading the config took longer than ${limitMs} ms.`, { hint }));
    }, limitMs);
  });
  givenUp.catch(() => undefined);
  try {
    return await Promise.race([prepare(), givenUp]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

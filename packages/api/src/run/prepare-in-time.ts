import { DockError } from '@dock/core';
import { orCancelled, underLimit } from '@dock/core/internal';

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
  const overTime = () =>
    new DockError('TIMEOUT', `Loading the config took longer than ${limitMs} ms.`, {
      hint: 'A config must not wait for anything; do so in a plugin.',
    });
  return underLimit({ signal, limitMs, overTime }, (both) => orCancelled(prepare(), both));
}

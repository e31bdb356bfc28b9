import type { Readable } from 'node:stream';
import { DockError, isDockError } from '@dock/core';
import { capitalised } from '@dock/core/internal';
import type { EngineConnection } from '../transport/connection.js';
import { daemonLost } from '../transport/engine-error.js';
import { cancelled } from '../transport/race-call.js';
import { type ContainerState, containerName, requireState } from './container-client.js';
import { withOomFlag } from './oom-flag.js';

/** What asking again does not mend. */
const isFinal: ReadonlySet<string> = new Set(['CONTAINER_FAILED', 'CANCELLED', 'DAEMON_PROTOCOL']);

/** How {@link waitContainer} watches. */
export interface WaitOptions {
  /** `next-exit` for a container that is not started yet. @default 'not-running' */
  readonly condition?: 'next-exit' | 'not-running';
  readonly signal?: AbortSignal | undefined;
  /** How often inspect is asked beside the engine's own answer, ms. @default 5000 */
  readonly pollMs?: number | undefined;
  /** How long the engine may be unreachable, ms. @default 30000 */
  readonly unreachableMs?: number | undefined;
  /** Called when the engine has heard of the wait: from then on no exit is missed. */
  readonly onWaiting?: (() => void) | undefined;
  /** Something that makes a look worth while, such as the end of the output. */
  readonly hint?: Promise<unknown> | undefined;
}

/**
 * Wait until a container is not running any more. The engine's own wait is only a hint: it never settles when its connection dies. inspect is
 * asked beside it and has the last word. A caller that waits for {@link WaitOptions.onWaiting} gets the engine's error when it does not take the wait.
 *
 * @throws DAEMON_LOST when the engine is unreachable for too long, CONTAINER_FAILED when the container is gone, CANCELLED
 */
export async function waitContainer(
  connection: EngineConnection,
  id: string,
  options: WaitOptions = {},
): Promise<ContainerState> {
  const { signal, pollMs = 5000, unreachableMs = 30_000 } = options;
  const what = `waiting for container "${id}"`;
  const own = new AbortController();
  let isHeard = options.onWaiting === undefined;
  let refusal: unknown;
  const onWaiting = (): void => {
    isHeard = true;
    options.onWaiting?.();
  };
  const asked = askEngine(connection, id, { ...options, onWaiting }, own.signal);
  asked.catch((error: unknown) => {
    if (!isHeard) refusal = error;
  });
  const hints = new Set([asked, options.hint].filter((each) => each !== undefined));
  for (const hint of hints) {
    const done = (): boolean => hints.delete(hint);
    hint.then(done, done);
  }
  let lostAt: number | undefined;
  try {
    for (;;) {
      await pause(pollMs, signal, [...hints]);
      if (signal?.aborted === true) throw cancelled(signal, what);
      if (refusal !== undefined) throw refusal;
      try {
        const state = await requireState(connection, id, { signal, timeoutMs: pollMs });
        lostAt = undefined;
        if (['exited', 'dead', 'removing'].includes(state.status))
          return await withOomFlag(connection, id, state, { signal, timeoutMs: pollMs });
      } catch (error) {
        if (isDockError(error) && isFinal.has(error.code)) throw error;
        lostAt ??= Date.now();
        if (Date.now() - lostAt < unreachableMs) continue;
        const place = { endpoint: connection.endpoint, what, wasReached: true };
        throw daemonLost(place, `no answer for ${unreachableMs / 1000} s; the container may be left`, error);
      }
    }
  } finally {
    own.abort(new DockError('CANCELLED', `${capitalised(what)} is over.`));
  }
}

async function askEngine(
  connection: EngineConnection,
  id: string,
  { condition = 'not-running', onWaiting, signal }: WaitOptions,
  own: AbortSignal,
): Promise<void> {
  const both = signal === undefined ? own : AbortSignal.any([signal, own]);
  const request = { method: 'POST', path: `/containers/${containerName(id)}/wait?condition=${condition}` };
  await connection.exchange(`waiting for container "${id}"`, request, { signal: both }, async ({ stream }) => {
    onWaiting?.();
    await drain(stream);
  });
}

async function drain(stream: Readable): Promise<void> {
  for await (const _chunk of stream);
}

/** Sleep, or less when a hint comes or the signal is aborted. */
function pause(ms: number, signal: AbortSignal | undefined, hints: readonly Promise<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    if (signal?.aborted === true) wake();
    signal?.addEventListener('abort', wake, { once: true });
    for (const hint of hints) hint.then(wake, wake);
  });
}

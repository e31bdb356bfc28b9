import { setTimeout as wait } from 'node:timers/promises';
import { isDockError } from '@dock/core';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { type ContainerState, requireState } from './container-client.js';

/** How long the engine may take to say why a container was killed, ms. */
const flagMs = 5000;
/** Between two looks, ms. */
const lookMs = 100;

/**
 * The state of a container that has ended, once the engine has said whether it was for memory. Engine 26 hears of that apart from the end itself, and when it is
 * busy a moment later: a container with a memory limit that was killed (137) is looked at again for a while.
 */
export async function withOomFlag(
  connection: EngineConnection,
  id: string,
  ended: ContainerState,
  scope: CallScope = {},
): Promise<ContainerState> {
  const deadline = performance.now() + flagMs;
  let state = ended;
  while (state.exitCode === 137 && !state.isOomKilled && state.hasMemoryLimit && performance.now() < deadline) {
    try {
      await wait(lookMs, undefined, scope.signal === undefined ? {} : { signal: scope.signal });
      state = await requireState(connection, id, scope);
    } catch (error) {
      // It has ended, however that was; a caller who leaves, or a container that goes, changes nothing in that.
      if (scope.signal?.aborted === true || isDockError(error)) return state;
      throw error;
    }
  }
  return state;
}

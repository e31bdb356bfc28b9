import { setTimeout as pause } from 'node:timers/promises';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { clockSkew } from '../transport/engine-clock.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';

const cleanupMs = 10_000;
/** How long a container that still runs is waited for by whoever has time, ms: a busy engine ends what was cancelled later than it says. */
export const patientMs = 30_000;

/**
 * Remove the step containers of a failed or cancelled classic build that the builder itself left. Only containers that were created since
 * the build began and do not run, or whose start was lost with their engine, are touched: their IDs were read from text that a step can print too.
 *
 * @param startedAtMs When the build began, by our own clock.
 * @returns short IDs of those that may be left
 */
export async function removeStrayContainers(
  connection: EngineConnection,
  shortIds: readonly string[],
  startedAtMs: number,
): Promise<string[]> {
  if (shortIds.length === 0) return [];
  if (!(await connection.isAlive(2000))) return [...shortIds].slice(-1);
  const removed = await Promise.all(shortIds.map((id) => removeStray(connection, id, startedAtMs)));
  return shortIds.filter((_id, index) => removed[index] === false);
}

/** What the engine says of one of them. */
interface StrayContainer {
  readonly Created?: string;
  readonly State: { readonly Running?: boolean; readonly StartedAt?: string };
}

/** Remove one of them. @returns whether it is gone: one that is older than the build, or still runs after a while, is left */
export async function removeStray(
  connection: EngineConnection,
  id: string,
  startedAtMs: number,
  { signal, waitMs = cleanupMs }: CallScope & { readonly waitMs?: number } = {},
): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      const ahead = await clockSkew(connection, { timeoutMs: cleanupMs, signal });
      const what = `removing the build's container "${id}"`;
      const outcome = await connection.call(what, { timeoutMs: cleanupMs, signal }, async (docker) => {
        const container = docker.getContainer(id);
        const { Created, State } = (await container.inspect()) as StrayContainer;
        // An older one is named, not touched.
        if (isOlder(Created, startedAtMs + ahead)) return 'not ours';
        const isLost = State.Running === true && wasNeverStarted(State);
        if (State.Running === true && !isLost) return 'running';
        await container.remove({ v: true, force: isLost });
        return 'gone';
      });
      if (outcome !== 'running') return outcome === 'gone';
    } catch (error) {
      const status = engineStatus(error);
      if (status === 404) return true;
      const isBusy = status === 409 || (status === 500 && /busy|in progress/i.test(engineMessage(error)));
      if (!isBusy) return false;
    }
    // The builder stops the step and removes its container by itself, a moment after we hang up.
    if (Date.now() > deadline || signal?.aborted === true) return false;
    await pause(200);
  }
}

/**
 * Whether a running container's start was never answered: the engine was killed in it, and its successor learnt of the process from containerd
 * (seen with Engine 20.10). Nobody waits for it, so it would run on for ever.
 */
function wasNeverStarted({ StartedAt }: { readonly StartedAt?: string }): boolean {
  return StartedAt?.startsWith('0001-01-01T') === true;
}

/** Whether a container was created before the build began, both by the engine's clock; a second is left for what lies between the two questions. */
export function isOlder(created: string | undefined, startedAtMs: number): boolean {
  return Date.parse(created ?? '') < startedAtMs - 1000;
}

import { isOlder, patientMs, removeStray } from '../build/stray-containers.js';
import { inspectContainer, removeContainer } from '../containers/container-client.js';
import { type ConnectEngineOptions, createEngineContext } from '../engine-context.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { clockSkew } from '../transport/engine-clock.js';
import { engineStatus } from '../transport/engine-error.js';
import type { LabelledObject } from './labelled-object.js';

/** The port of `dock gc` to an engine: what plugins have no business with. */
export interface LeftoverPort {
  /** Everything that carries dock's label, or that of one run: containers, then volumes, then networks. @throws DAEMON_UNREACHABLE */
  list(options?: CallScope & { readonly run?: string }): Promise<readonly LabelledObject[]>;
  /** Remove an object; containers by force and with their anonymous volumes. One that is gone is fine. */
  remove(object: Pick<LabelledObject, 'kind' | 'id'>, options?: CallScope): Promise<void>;
  /** Whether the container of a build step is still there; one that is older than its build is none. */
  hasStepContainer(id: string, buildStartedAt: Date, options?: CallScope): Promise<boolean>;
  /** Remove it once it does not run, or at once when its start was lost with its engine. Returns whether it is gone. */
  removeStepContainer(id: string, buildStartedAt: Date, options?: CallScope): Promise<boolean>;
  close(): void;
}

/** Connect for finding and removing what runs left. Nothing is asked before the first call. */
export async function connectLeftovers(options: ConnectEngineOptions): Promise<LeftoverPort> {
  const { connection } = createEngineContext(options);
  return {
    list: async ({ run, ...scope } = {}) => (await import('./list-labelled.js')).listLabelled(connection, run, scope),
    remove: async (object, scope = {}) => removeObject(connection, object, scope),
    hasStepContainer: async (id, buildStartedAt, scope = {}) => {
      const raw = await inspectContainer(connection, id, scope);
      if (raw === undefined) return false;
      return !isOlder(raw.Created, buildStartedAt.getTime() + (await clockSkew(connection, scope)));
    },
    removeStepContainer: async (id, buildStartedAt, scope = {}) =>
      removeStray(connection, id, buildStartedAt.getTime(), { ...scope, waitMs: patientMs }),
    close: () => connection.close(),
  };
}

async function removeObject(
  connection: EngineConnection,
  { kind, id }: Pick<LabelledObject, 'kind' | 'id'>,
  scope: CallScope,
): Promise<void> {
  if (kind === 'container') return removeContainer(connection, id, scope);
  try {
    await connection.call(`removing ${kind} "${id}"`, scope, async (docker) => {
      if (kind === 'volume') await docker.getVolume(encodeURIComponent(id)).remove();
      else await docker.getNetwork(encodeURIComponent(id)).remove();
    });
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
  }
}

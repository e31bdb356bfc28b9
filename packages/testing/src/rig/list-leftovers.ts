import { DockError } from '@dock/core';
import { engineRequest } from './engine-request.js';
import type { SharedRigEngine } from './rig-engine.js';

/** What runs of dock left in an engine. */
export interface EngineLeftovers {
  /** IDs of the containers that carry `io.dock.run`, running or not. */
  readonly containers: readonly string[];
  /** Names of the volumes that carry it. */
  readonly volumes: readonly string[];
  /** IDs of the networks that carry it. */
  readonly networks: readonly string[];
}

/**
 * Lists what carries dock's label in an engine: after a run, however it ended, there must be nothing.
 *
 * @param run only what this run made. @default every run
 * @throws DAEMON_ERROR when the engine does not answer
 */
export async function listLeftovers(
  engine: Pick<SharedRigEngine, 'socketPath'>,
  run?: string,
): Promise<EngineLeftovers> {
  const label = run === undefined ? 'io.dock.run' : `io.dock.run=${run}`;
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
  const get = async (path: string): Promise<unknown> => {
    const answer = await engineRequest(engine.socketPath, 'GET', path);
    if (answer.status !== 200)
      throw new DockError('DAEMON_ERROR', `GET "${path}" was answered ${String(answer.status)}: ${answer.text}`);
    return answer.json();
  };
  const containers = (await get(`/containers/json?all=1&filters=${filters}`)) as { Id: string }[];
  const volumes = (await get(`/volumes?filters=${filters}`)) as { Volumes: { Name: string }[] | null };
  const networks = (await get(`/networks?filters=${filters}`)) as { Id: string }[];
  return {
    containers: containers.map(({ Id }) => Id),
    volumes: (volumes.Volumes ?? []).map(({ Name }) => Name),
    networks: networks.map(({ Id }) => Id),
  };
}

import { solveBuild } from '@dock/buildkit';
import { type BuildOptions, type BuildSpec, isDockError } from '@dock/core';
import type { BuildEvidence } from '@dock/core/internal';
import type { EngineConnection } from '../transport/connection.js';
import { daemonLost, engineStatus } from '../transport/engine-error.js';
import { builderDoor } from './builder-door.js';
import type { BuildEnvironment } from './classic-build.js';

/** Build with the engine's own BuildKit. A builder that breaks off may be one whose engine goes away. */
export async function buildkitBuild(
  spec: BuildSpec,
  { connection, source, machine, env }: BuildEnvironment,
  options: BuildOptions,
): Promise<BuildEvidence> {
  const door = builderDoor(connection);
  const hostGateway = (signal: AbortSignal | undefined) => bridgeGateway(connection, signal);
  try {
    return await solveBuild(spec, { door, source, machine, env, hostGateway }, options);
  } catch (error) {
    const isBuilders = isDockError(error) && error.code === 'DAEMON_ERROR' && options.signal?.aborted !== true;
    if (!isBuilders || (await connection.isAlive(5000, options.signal))) throw error;
    throw daemonLost(
      { endpoint: connection.endpoint, what: 'building an image', wasReached: true },
      error.message.replace(/\.$/, ''),
      error,
    );
  }
}

/** The engine's address in its bridge network; `undefined` for an engine without one. */
async function bridgeGateway(
  connection: EngineConnection,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const answer = await connection.ask('inspecting the network "bridge"', '/networks/bridge', { signal });
    const { IPAM } = answer as { IPAM?: { Config?: readonly { Gateway?: unknown }[] | null } | null };
    return IPAM?.Config?.map(({ Gateway }) => Gateway).find(
      (gateway) => typeof gateway === 'string' && gateway !== '',
    ) as string | undefined;
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}

import type { EnginePort } from '@dock/core';
import type { Surroundings } from './surroundings.js';

/** Which engine is meant: as `--host` and `--context` of docker. */
export interface EngineChoice {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`. @default `DOCKER_HOST`, then the docker context, then the default socket */
  readonly host?: string;
  /** Name of a docker context. */
  readonly context?: string;
}

/**
 * Connect to the engine that a call is pointed at, with the credentials that docker has stored.
 *
 * @throws ENDPOINT_INVALID, DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED
 */
export async function connectToEngine(
  choice: EngineChoice,
  { env, homeDir, cwd }: Surroundings,
  addSecret: (value: string) => void = () => undefined,
): Promise<EnginePort> {
  const { connectEngine, createCredentialStore, resolveEndpoint } = await import('@dock/engine');
  const endpoint = await resolveEndpoint({
    env,
    homeDir,
    cwd,
    ...(choice.host === undefined ? {} : { host: choice.host }),
    ...(choice.context === undefined ? {} : { context: choice.context }),
  });
  return connectEngine({ endpoint, credentials: createCredentialStore({ env, homeDir }), addSecret });
}

import type { ConnectOptions, EnginePort, HostCredentials, RegistryPort } from '@dock/core';
import type { ConnectEngineOptions } from '@dock/engine';
import type { Surroundings } from './surroundings.js';

/** Which engine is meant: as `--host` and `--context` of docker. */
export interface EngineChoice {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`. @default `DOCKER_HOST`, then the docker context, then the default socket */
  readonly host?: string;
  /** Name of a docker context. */
  readonly context?: string;
}

/**
 * What a connection to the engine needs: where it is, and the credentials that docker has stored.
 *
 * @throws ENDPOINT_INVALID
 */
export async function connectionOf(
  choice: EngineChoice,
  { env, homeDir, cwd }: Surroundings,
  emit?: ConnectOptions['emit'],
): Promise<ConnectEngineOptions> {
  const [{ resolveEndpoint }, { createCredentialStore }] = await Promise.all([
    import('@dock/engine'),
    import('@dock/registry'),
  ]);
  const endpoint = await resolveEndpoint({
    env,
    homeDir,
    cwd,
    ...(choice.host === undefined ? {} : { host: choice.host }),
    ...(choice.context === undefined ? {} : { context: choice.context }),
  });
  const onPassedOver = (message: string) => emit?.({ type: 'warning', message });
  return { endpoint, credentials: createCredentialStore({ env, homeDir, onPassedOver }), env };
}

/**
 * Connect to the engine that a call is pointed at.
 *
 * @throws ENDPOINT_INVALID, DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED
 */
export async function connectToEngine(
  choice: EngineChoice,
  surroundings: Surroundings,
  { addSecret, note, limits, emit }: Partial<Pick<ConnectOptions, 'addSecret' | 'note' | 'limits' | 'emit'>> = {},
): Promise<EnginePort> {
  const { connectEngine } = await import('@dock/engine');
  return connectEngine({
    ...(await connectionOf(choice, surroundings, emit)),
    ...(addSecret === undefined ? {} : { addSecret }),
    // A run has a limit of its own for connecting, which names its option.
    ...(limits === undefined
      ? {}
      : { pingTimeoutMs: 0, transferIdle: { pullMs: limits.pullIdleMs, pushMs: limits.pushIdleMs } }),
    ...(note === undefined ? {} : { onBuildContainer: (id) => note({ kind: 'container', id }) }),
  });
}

/**
 * Reach registries with the credentials that docker has stored; those that the engine takes for insecure are insecure to us.
 *
 * @throws what the engine throws when it is asked what it is
 */
export async function connectToRegistry(
  { env, homeDir }: Surroundings,
  run: ConnectOptions & { readonly engine?: EnginePort },
): Promise<RegistryPort> {
  const [{ createCredentialStore, createRegistryPort }, { insecureRegistries }] = await Promise.all([
    import('@dock/registry'),
    run.engine === undefined ? { insecureRegistries: [] } : run.engine.describe({ signal: run.signal }),
  ]);
  const addSecret = (value: string) => run.addSecret(value);
  return createRegistryPort({ credentials: createCredentialStore({ env, homeDir }), addSecret, insecureRegistries });
}

/** The credentials that docker has stored, for a pipeline that runs where they are not. Nothing is read before the first question. */
export function hostCredentials({ env, homeDir }: Surroundings): HostCredentials {
  return {
    async get(registry, options) {
      const { createCredentialStore } = await import('@dock/registry');
      return createCredentialStore({ env, homeDir }).get(registry, options);
    },
  };
}

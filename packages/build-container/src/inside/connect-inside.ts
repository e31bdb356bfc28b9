import { type ConnectOptions, DockError, type EnginePort, type RegistryPort } from '@dock/core';
import { connectEngine } from '@dock/engine';
import { createRegistryPort, type CredentialStore, isDockerHub } from '@dock/registry';
import type { JobDocument, SecretsDocument } from '../protocol.js';
import type { InnerEngine } from './inner-engine/start-inner-engine.js';

/** What connecting inside needs. */
export interface InsideConnection {
  readonly job: JobDocument;
  readonly secrets: SecretsDocument;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly addSecret: (value: string) => void;
  /** Notes what is made without a label. */
  readonly note: ConnectOptions['note'];
  /** Limits of the run. */
  readonly limits: ConnectOptions['limits'];
  /** The engine beside the pipeline, where it has one of its own. */
  readonly innerEngine: Promise<InnerEngine> | undefined;
}

/**
 * Connect to the engine that the container was given, and make sure that it is the one that was meant.
 *
 * @throws DAEMON_UNREACHABLE, ENGINE_MISMATCH
 */
export async function connectInside(inside: InsideConnection): Promise<EnginePort> {
  const { job, secrets, env, signal, addSecret, note, limits, innerEngine } = inside;
  const { engine, identityLabels, runner } = job;
  const socketPath = engine.kind === 'socket' ? engine.socketPath : ((await innerEngine)?.socketPath ?? '');
  const port = await connectEngine({
    endpoint: {
      kind: 'unix',
      socketPath,
      url: `unix://${socketPath}`,
      origin: `the runner ${runner}`,
      ...(engine.kind === 'socket' && engine.apiVersion !== undefined ? { apiVersion: engine.apiVersion } : {}),
    },
    credentials: passedCredentials(secrets),
    env: { ...env, ...secrets.buildSecrets },
    identityLabels,
    runId: job.runId,
    addSecret,
    ...(limits === undefined
      ? {}
      : { pingTimeoutMs: 0, transferIdle: { pullMs: limits.pullIdleMs, pushMs: limits.pushIdleMs } }),
    ...(note === undefined ? {} : { onBuildContainer: (id) => note({ kind: 'container', id }) }),
  });
  if (engine.kind === 'inner') return port;
  const { id } = await port.describe({ signal });
  if (engine.engineId === '' || id === engine.engineId) return port;
  await port.close();
  throw new DockError(
    'ENGINE_MISMATCH',
    `The socket inside the build container leads to engine "${id}", and the build container runs on engine "${engine.engineId}".`,
  );
}

/** Reach registries with the credentials that travelled. */
export async function connectRegistryInside(
  secrets: SecretsDocument,
  run: ConnectOptions & { readonly engine?: EnginePort },
): Promise<RegistryPort> {
  const insecureRegistries = (await run.engine?.describe({ signal: run.signal }))?.insecureRegistries ?? [];
  const addSecret = (value: string) => run.addSecret(value);
  return createRegistryPort({ credentials: passedCredentials(secrets), addSecret, insecureRegistries });
}

/**
 * Credentials that travelled. Of a registry that was not looked up nobody knows whether it needs any: it is asked without, and who is refused
 * there is told that the password stayed where it is.
 */
export function passedCredentials({
  credentials,
  withheld = {},
}: Pick<SecretsDocument, 'credentials' | 'withheld'>): CredentialStore {
  return {
    get: async (asked) => {
      const registry = isDockerHub(asked) ? 'docker.io' : asked;
      const problem = Object.hasOwn(withheld, registry) ? withheld[registry] : undefined;
      if (problem !== undefined)
        throw new DockError('CREDENTIAL_HELPER_FAILED', problem.message, { hint: problem.hint });
      if (!Object.hasOwn(credentials, registry)) {
        throw new DockError(
          'AUTH_FAILED',
          `Registry "${registry}" wants credentials, and none were looked up for it: they do not travel into the build container unless it is known beforehand.`,
          { hint: `Name the registry in the runner's option: credentials: ['${registry}'].` },
        );
      }
      return credentials[registry] ?? undefined;
    },
  };
}

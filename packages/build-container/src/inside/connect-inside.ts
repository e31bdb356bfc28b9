import { DockError, type EnginePort, type StoredCredential } from '@dock/core';
import { connectEngine, type CredentialStore } from '@dock/engine';
import type { JobDocument, SecretsDocument } from '../protocol.js';

/** What connecting inside needs. */
export interface InsideConnection {
  readonly job: JobDocument;
  readonly secrets: SecretsDocument;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly addSecret: (value: string) => void;
}

/**
 * Connect to the engine that the container was given, and make sure that it is the one that was meant.
 *
 * @throws DAEMON_UNREACHABLE, ENGINE_MISMATCH
 */
export async function connectInside({ job, secrets, env, signal, addSecret }: InsideConnection): Promise<EnginePort> {
  const { engine, identityLabels, runner } = job;
  const port = await connectEngine({
    endpoint: {
      kind: 'unix',
      socketPath: engine.socketPath,
      url: `unix://${engine.socketPath}`,
      origin: `the runner ${runner}`,
      ...(engine.apiVersion === undefined ? {} : { apiVersion: engine.apiVersion }),
    },
    credentials: passedCredentials(secrets.credentials),
    env: { ...env, ...secrets.buildSecrets },
    identityLabels,
    runId: job.runId,
    addSecret,
  });
  const { id } = await port.describe({ signal });
  if (engine.engineId === '' || id === engine.engineId) return port;
  await port.close();
  throw new DockError(
    'ENGINE_MISMATCH',
    `The socket inside the build container leads to engine "${id}", and the build container runs on engine "${engine.engineId}".`,
  );
}

/** Credentials that travelled. A registry that was not looked up is refused: its password stayed where it is. */
function passedCredentials(passed: Readonly<Record<string, StoredCredential | null>>): CredentialStore {
  return {
    get: async (registry) => {
      if (!Object.hasOwn(passed, registry)) {
        throw new DockError(
          'AUTH_FAILED',
          `The credentials of "${registry}" did not travel into the build container.`,
          { hint: `Name the registry in the runner's option: credentials: ['${registry}'].` },
        );
      }
      return passed[registry] ?? undefined;
    },
  };
}

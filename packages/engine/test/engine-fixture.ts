import { type BuildSpec, type DockError, type EnginePort, isDockError, parseImageReference } from '@dock/core';
import { connectEngine, type ConnectEngineOptions, type EngineEndpoint } from '../src/index.js';
import type { CredentialStore } from '@dock/registry';

/** The endpoint of a unix socket. */
export function endpointOf(socketPath: string): EngineEndpoint {
  return { kind: 'unix', socketPath, url: `unix://${socketPath}`, origin: 'test' };
}

/** Credentials by exact host. */
export function credentialsOf(
  hosts: Readonly<Record<string, { username: string; password: string }>> = {},
): CredentialStore {
  return {
    get: async (registry) => {
      const found = hosts[registry];
      return found === undefined ? undefined : { registry, ...found, origin: 'the test' };
    },
  };
}

/** A port to the engine behind a socket. */
export function portTo(socketPath: string, options: Partial<ConnectEngineOptions> = {}): Promise<EnginePort> {
  return connectEngine({ endpoint: endpointOf(socketPath), credentials: credentialsOf(), ...options });
}

/** A build of a Dockerfile's text in a directory. */
export function specOf(contextDir: string, text: string, more: Partial<BuildSpec> = {}): BuildSpec {
  const bases = [...text.matchAll(/^FROM ([^\s$-]\S*)/gm)].flatMap(([, name = '']) =>
    name === 'scratch' ? [] : [{ use: 'from' as const, text: name, reference: parseImageReference(name), line: 1 }],
  );
  return {
    contextDir,
    dockerfile: { path: `${contextDir}/Dockerfile`, text },
    buildArgs: {},
    labels: {},
    platforms: [],
    builder: 'auto',
    noCache: false,
    pull: false,
    network: 'host',
    bases,
    references: [],
    ...more,
  };
}

/** The DockError that a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<DockError> {
  try {
    await promise;
  } catch (error) {
    if (isDockError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

import { randomBytes } from 'node:crypto';
import type { EnginePort } from '@dock/core';
import type { SharedRigEngine, SharedRigRegistry } from '@dock/testing';
import { connectEngine } from '../src/index.js';
import { createCredentialStore } from '@dock/registry';

/** The real port to an engine of the rig, with the credentials of these registries and no others. */
export async function rigPort(
  engine: SharedRigEngine,
  registries: readonly Pick<SharedRigRegistry, 'dockerConfig'>[] = [],
): Promise<EnginePort> {
  const auths = Object.assign({}, ...registries.map((registry) => registry.dockerConfig().auths)) as object;
  return connectEngine({
    endpoint: { kind: 'unix', socketPath: engine.socketPath, url: engine.host, origin: 'test' },
    credentials: createCredentialStore({
      env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) },
      homeDir: '/nonexistent',
    }),
  });
}

/** A repository name that no other test uses. */
export function uniqueRepository(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}

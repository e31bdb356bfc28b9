import type { RegistryCredential } from '@dock/core';
import { encodeRegistryAuth } from './registry-auth-header.js';
import type { CredentialStore } from './credential-store.js';
import { secretValues } from './secret-values.js';

/** Who knows the credentials, and who has to hear of every secret. */
export interface CredentialSource {
  readonly credentials: CredentialStore;
  /** Called with every secret before it is used, so that it can be masked. */
  readonly addSecret?: ((secret: string) => void) | undefined;
}

/** What is sent to the engine for one registry. */
export interface RegistryAccess {
  readonly registry: string;
  /** `X-Registry-Auth`. */
  readonly header: string;
  readonly credential: RegistryCredential | undefined;
}

/** The credential of a registry, asked for afresh, its secrets announced. */
export async function findCredential(
  source: CredentialSource,
  registry: string,
  signal?: AbortSignal,
): Promise<RegistryCredential | undefined> {
  const credential = await source.credentials.get(registry, signal === undefined ? {} : { signal });
  if (credential !== undefined) for (const secret of secretValues(credential)) source.addSecret?.(secret);
  return credential;
}

/** What to send to the engine for a registry. */
export async function registryAccess(
  source: CredentialSource,
  registry: string,
  signal?: AbortSignal,
): Promise<RegistryAccess> {
  const credential = await findCredential(source, registry, signal);
  return { registry, header: encodeRegistryAuth(credential), credential };
}

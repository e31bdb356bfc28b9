import { type DockError, isDockError, type RegistryCredential } from '@dock/core';
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
  /** Why the credential could not be had: the failure itself, if the registry should want one. */
  readonly problem?: DockError;
}

/** What is known of a registry's credential. */
export type FoundCredential = Pick<RegistryAccess, 'credential' | 'problem'>;

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

/**
 * As {@link findCredential}, but a helper that fails, or a credential that is kept from us, stops nothing yet: many registries ask for none.
 * Whoever is refused then tells {@link withheld}.
 */
export async function tryCredential(
  source: CredentialSource,
  registry: string,
  signal?: AbortSignal,
): Promise<FoundCredential> {
  try {
    return { credential: await findCredential(source, registry, signal) };
  } catch (error) {
    const isKeptBack = isDockError(error) && ['CREDENTIAL_HELPER_FAILED', 'AUTH_FAILED'].includes(error.code);
    if (!isKeptBack) throw error;
    return { credential: undefined, problem: error };
  }
}

/** The failure of a refused call: why there was no credential, where that is known, with the refusal attached. */
export function withheld(refusal: DockError, problem: DockError | undefined): DockError {
  if (problem === undefined || refusal.code !== 'AUTH_FAILED' || refusal === problem) return refusal;
  if (!problem.attached.includes(refusal)) problem.attached.push(refusal);
  return problem;
}

/** What to send to the engine for a registry. */
export async function registryAccess(
  source: CredentialSource,
  registry: string,
  signal?: AbortSignal,
): Promise<RegistryAccess> {
  const found = await tryCredential(source, registry, signal);
  return { registry, header: encodeRegistryAuth(found.credential), ...found };
}

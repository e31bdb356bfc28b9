import {
  type BuildRequest,
  type HostCredentials,
  isDockError,
  isImageReference,
  parseImageReference,
  type RegistryCredential,
  targetReferences,
} from '@dock/core';
import { cacheEntries } from '@dock/core/internal';
import { secretValues } from '@dock/registry';
import type { SecretsDocument } from '../protocol.js';

/** Docker Hub: where a base comes from that names no registry. */
const hub = 'docker.io';

/** Which registries' credentials travel. */
export interface CredentialChoice {
  readonly request: BuildRequest;
  readonly parentRegistry?: string | undefined;
  /** Registries that the Dockerfile names; absent when it cannot be read beforehand. */
  readonly fromDockerfile?: readonly string[] | undefined;
  /** Named by the user (`credentials`). */
  readonly named: readonly string[];
}

/** The registries whose credentials a job may use, each once. */
export function credentialHosts({ request, parentRegistry, fromDockerfile, named }: CredentialChoice): string[] {
  const parents = parentRegistry === undefined ? [] : [parentRegistry.replace(/^https?:\/\//, '').split('/')[0] ?? ''];
  const hosts = [...targetHosts(request), ...cacheHosts(request), ...parents, ...(fromDockerfile ?? [hub]), ...named];
  return [...new Set(hosts)].filter((host) => host !== '');
}

/** Registries of caches. */
function cacheHosts({ cacheFrom, cacheTo }: BuildRequest): string[] {
  return [...cacheEntries(cacheFrom, 'from'), ...cacheEntries(cacheTo, 'to')].flatMap(({ attributes: { ref = '' } }) =>
    isImageReference(ref) ? [parseImageReference(ref).registry] : [],
  );
}

/** Names that break the grammar are told inside, in their phase. */
function targetHosts(request: BuildRequest): string[] {
  try {
    return targetReferences(request).map(({ registry }) => registry);
  } catch (error) {
    if (isDockError(error)) return [];
    throw error;
  }
}

/** What travels of registries' credentials. */
export interface TravellingCredentials extends Pick<SecretsDocument, 'credentials'> {
  readonly withheld: NonNullable<SecretsDocument['withheld']>;
  /** Everything that has to be masked. */
  readonly secrets: readonly string[];
}

/** What is stored for each of these registries. One whose helper fails stops nothing here: it may ask for no credentials. */
export async function lookUpCredentials(
  store: HostCredentials | undefined,
  hosts: readonly string[],
  options: { readonly signal: AbortSignal },
): Promise<TravellingCredentials> {
  const credentials: Record<string, RegistryCredential | null> = {};
  const withheld: Record<string, { message: string; hint: string }> = {};
  const lookUp = async (host: string): Promise<void> => {
    try {
      credentials[host] = (await store?.get(host, options)) ?? null;
    } catch (error) {
      if (!isDockError(error) || error.code !== 'CREDENTIAL_HELPER_FAILED') throw error;
      withheld[host] = { message: error.message, hint: error.hint };
    }
  };
  await Promise.all(hosts.map(lookUp));
  const secrets = Object.values(credentials).flatMap((each) => (each === null ? [] : secretValues(each)));
  return { credentials, withheld, secrets };
}

import {
  type BuildRequest,
  type HostCredentials,
  isDockError,
  type RegistryCredential,
  targetReferences,
} from '@dock/core';
import { secretValues } from '@dock/registry';

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
  const hosts = [...targetHosts(request), ...parents, ...(fromDockerfile ?? [hub]), ...named];
  return [...new Set(hosts)].filter((host) => host !== '');
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

/** What is stored for each of these registries, and everything of it that has to be masked. */
export async function lookUpCredentials(
  store: HostCredentials | undefined,
  hosts: readonly string[],
  options: { readonly signal: AbortSignal },
): Promise<{
  readonly credentials: Readonly<Record<string, RegistryCredential | null>>;
  readonly secrets: readonly string[];
}> {
  const found = await Promise.all(
    hosts.map(async (host) => [host, (await store?.get(host, options)) ?? null] as const),
  );
  const secrets = found.flatMap(([, credential]) => (credential === null ? [] : secretValues(credential)));
  return { credentials: Object.fromEntries(found), secrets };
}

import { joinHostPort, parseGoUrl, type GoUrl } from '@dock/core/internal';

/** Docker Hub's key in `auths`, in credential helpers and in `X-Registry-Config`. */
export const dockerHubKey = 'https://index.docker.io/v1/';

const dockerHubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

function split(text: string): GoUrl | undefined {
  try {
    return parseGoUrl(text);
  } catch {
    return undefined;
  }
}

/** The host, with a port if there is one, of a key of `auths` (docker/cli `credentials.ConvertToHostname`). */
export function convertToHostname(key: string): string {
  const url = key.includes('://') ? split(key) : undefined;
  if (url !== undefined && url.hostname !== '')
    return url.port === '' ? url.hostname : joinHostPort(url.hostname, url.port);
  return key.split('/', 1)[0] ?? '';
}

/** Whether a host or key is one of Docker Hub's names. */
export function isDockerHub(hostOrKey: string): boolean {
  return dockerHubHosts.has(convertToHostname(hostOrKey).toLowerCase());
}

/** The name under which docker stores a registry's credentials and asks helpers for them. */
export function credentialKey(registry: string): string {
  return isDockerHub(registry) ? dockerHubKey : convertToHostname(registry);
}

/** Whether the path of a key is one that docker itself wrote; `/v1/access-token` beside it is something else. */
function isDockerHubKey(key: string): boolean {
  const path = key.includes('://') ? split(key)?.path : key.slice(convertToHostname(key).length);
  return isDockerHub(key) && /^(?:\/|\/v[12]\/?)?$/.test(path ?? '');
}

/**
 * Whether credentials stored under a key belong to a registry: exact equality of host and port, case-folded. Docker Hub's own names
 * are the only aliases; sub-domains, trailing dots and user-info never match.
 */
export function registryMatches(key: string, registry: string): boolean {
  if (isDockerHub(registry)) return isDockerHubKey(key);
  return convertToHostname(key).toLowerCase() === convertToHostname(registry).toLowerCase();
}

/** The keys of a map that belong to a registry, the exact key first, then in the map's order. */
export function matchingKeys(keys: Iterable<string>, registry: string): string[] {
  const exact = credentialKey(registry);
  const matches = [...keys].filter((key) => registryMatches(key, registry));
  return [...matches.filter((key) => key === exact), ...matches.filter((key) => key !== exact)];
}

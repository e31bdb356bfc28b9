import type { BuildRequest } from '../contracts/build-request.js';
import { redactCredentials, strangeQueryValues } from '../source/git-url.js';

/** The source for people: a path, or a git URL without its credentials. */
export function describeSource({ source }: Pick<BuildRequest, 'source'>): string {
  if (source.kind === 'empty') return '-';
  return source.kind === 'git' ? redactCredentials(source.url) : source.path;
}

/**
 * What has to be masked of a request before anything is told of it: strange values in the query of a git URL, whose user and password follow when it is taken, and
 * passwords of proxies.
 */
export function earlySecrets({ source, buildArgs }: BuildRequest): readonly string[] {
  const proxies = Object.entries(buildArgs ?? {}).flatMap(([name, value]) => (/_proxy$/i.test(name) ? [value] : []));
  return [...(source.kind === 'git' ? strangeQueryValues(source.url) : []), ...new Set(proxies.flatMap(passwordOf))];
}

/** The password in a URL, as written and as meant. */
function passwordOf(url: string): string[] {
  const written = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*?:([^/?#]*)@/i.exec(url)?.[1];
  if (written === undefined || written === '') return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    // Not escaped, so as it is written.
    return [written];
  }
}

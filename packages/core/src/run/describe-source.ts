import type { BuildRequest } from '../contracts/build-request.js';
import { cacheEntries, cacheSecrets } from '../options/cache-entry.js';
import { redactCredentials, strangeQueryValues } from '../source/git-url.js';

/** The source for people: a path, or a URL without its credentials. */
export function describeSource({ source }: Pick<BuildRequest, 'source'>): string {
  if (source.kind === 'empty') return '-';
  if (source.kind === 'archive-file') return source.file;
  return source.kind === 'path' ? source.path : redactCredentials(source.url);
}

/**
 * What has to be masked of a request before anything is told of it: strange values in the query of a URL, whose user and password follow when it is taken,
 * passwords of proxies, and what stands in caches.
 */
export function earlySecrets({ source, buildArgs, cacheFrom, cacheTo }: BuildRequest): readonly string[] {
  const proxies = Object.entries(buildArgs ?? {}).flatMap(([name, value]) => (/_proxy$/i.test(name) ? [value] : []));
  const strange = 'url' in source ? strangeQueryValues(source.url) : [];
  const caches = [...cacheEntries(cacheFrom, 'from'), ...cacheEntries(cacheTo, 'to')];
  return [...strange, ...new Set(proxies.flatMap(passwordOf)), ...cacheSecrets(caches)];
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

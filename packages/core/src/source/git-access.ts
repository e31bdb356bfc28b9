import { isSafeFor, originOf } from './git-origin.js';
import type { GitSource } from './parse-git-source.js';

/** What git may show to one server. */
export interface GitAccess {
  /** Scheme, host and port that it is for, as {@link originOf} gives them. */
  readonly origin: string;
  readonly secret: GitSecret;
  /** Where it comes from, after "the credentials": `of the URL`. */
  readonly from: string;
}

/** A user with a password, or what stands in the header `Authorization`. */
export type GitSecret = { readonly username: string; readonly password: string } | { readonly header: string };

/**
 * What git may show to the server of a source: the password of its own URL, which the user wrote; else the first that is for exactly this server, never over
 * http; else the user name of the URL, which may be a token.
 */
export function accessFor(
  { credentials, url }: Pick<GitSource, 'credentials' | 'url'>,
  all: readonly GitAccess[],
): GitAccess | undefined {
  const origin = originOf(url);
  if (origin === undefined) return undefined;
  const found = isSafeFor(origin) ? all.find((one) => one.origin === origin) : undefined;
  // A user name alone may be half of what a store has.
  if (credentials === undefined || (found !== undefined && credentials.password === '')) return found;
  return { origin, secret: credentials, from: 'of the URL' };
}

/** A git URL in its parts, read as BuildKit reads it (moby/buildkit `util/gitutil`), before any rule of ours. */
export interface GitUrl {
  /** Lower case; `ssh` for the scp style. */
  readonly scheme: string;
  /** User information as written: `user`, `user:password`. */
  readonly user?: string;
  /** Host as written, with the port. */
  readonly host: string;
  readonly path: string;
  /** The URL without query and fragment; credentials are still in it. */
  readonly remote: string;
  readonly isScpStyle: boolean;
  /** Part of the fragment before the first colon. */
  readonly ref?: string;
  /** Part of the fragment after the first colon, as written. */
  readonly subdir?: string;
  readonly query: URLSearchParams;
}

const withScheme = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;
const scpStyle = /^([a-z0-9_-]+)@([a-z0-9.-]+):([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/is;

/** Takes a URL with a scheme or of the form `user@host:path` apart; undefined when it is neither. */
export function readGitUrl(text: string): GitUrl | undefined {
  const url = withScheme.exec(text);
  if (url !== null) {
    const [, scheme = '', user, host = '', path = '', query = '', fragment = ''] = url;
    const lowered = scheme.toLowerCase();
    return {
      scheme: lowered,
      ...(user === undefined ? {} : { user }),
      host,
      path: decoded(path),
      remote: `${lowered}://${user === undefined ? '' : `${user}@`}${host}${path}`,
      isScpStyle: false,
      query: new URLSearchParams(query),
      ...readFragment(decoded(fragment)),
    };
  }
  const scp = scpStyle.exec(text);
  if (scp === null) return undefined;
  const [, user = '', host = '', path = '', query = '', fragment = ''] = scp;
  return {
    scheme: 'ssh',
    user,
    host,
    path,
    remote: `${user}@${host}:${path}`,
    isScpStyle: true,
    query: new URLSearchParams(query),
    ...readFragment(fragment),
  };
}

/** Percent-decoded; as it is where that is no UTF-8, for the check of what comes out. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readFragment(fragment: string): { ref?: string; subdir?: string } {
  const colon = fragment.indexOf(':');
  const ref = colon < 0 ? fragment : fragment.slice(0, colon);
  const subdir = colon < 0 ? '' : fragment.slice(colon + 1);
  return { ...(ref === '' ? {} : { ref }), ...(subdir === '' ? {} : { subdir }) };
}

/** Whether git is to fetch this as docker sees it: a URL of http, https, ssh or git, or `user@host:path`. */
export function isGitTransport(text: string): boolean {
  const url = readGitUrl(text);
  return url !== undefined && (url.isScpStyle || ['http', 'https', 'ssh', 'git'].includes(url.scheme));
}

/** Whether a text is a full commit id: 40 or 64 lower-case hex digits. */
export function isCommitSha(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/**
 * Where user information ends that has a slash, question mark or hash which should be escaped: what stands before the last `@` cannot be host and port.
 *
 * @returns the length of the scheme and the place after the `@`; `undefined` when there is no such thing
 */
function unescapedUser(text: string): { readonly scheme: number; readonly end: number } | undefined {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0].length;
  const end = text.lastIndexOf('@') + 1;
  if (scheme === undefined || end <= scheme) return undefined;
  const [head = ''] = /^[^/?#@]*/.exec(text.slice(scheme)) ?? [];
  const colon = head.indexOf(':');
  const isHostAndPort = colon >= 0 && /^\d{0,5}[/?#]/.test(text.slice(scheme + colon + 1, scheme + colon + 7));
  return colon < 0 || isHostAndPort ? undefined : { scheme, end };
}

/** Keys of the query that ask dock for something, as they ask BuildKit; what stands under another one may be a token. */
const queryKeys: ReadonlySet<string> = new Set([
  'ref',
  'tag',
  'branch',
  'commit',
  'checksum',
  'subdir',
  'submodules',
  'keep-git-dir',
  'fetch-by-commit',
  'mtime',
]);

/** Whether a key of a git URL's query is one of BuildKit's form. */
export function isQueryKey(key: string): boolean {
  return queryKeys.has(key);
}

/** What stands before the query, the query, and the rest. */
function splitQuery(text: string): readonly [before: string, query: string, after: string] {
  const [, before = text, query = '', after = ''] = /^([^?#]*\?)([^#]*)(.*)$/s.exec(text) ?? [];
  return [before, query, after];
}

/** What the query of a git source has under keys that are not BuildKit's, and such keys alone, as written and decoded. */
export function strangeQueryValues(text: string): readonly string[] {
  const [, query] = splitQuery(text);
  const values = query.split('&').flatMap((pair) => {
    const [[key = '', value = ''] = []] = new URLSearchParams(pair);
    if (isQueryKey(key)) return [];
    return value === '' ? [key, pair.replace(/=$/, '')] : [value, pair.slice(pair.indexOf('=') + 1)];
  });
  return [...new Set(values)].filter((value) => value !== '');
}

/** The URL with user name, password and what its query has under unknown keys replaced by `xxxxx`; anything that is no such URL as it is. */
export function redactCredentials(text: string): string {
  const shown = redactUser(text);
  if (!shown.startsWith('github.com/') && readGitUrl(shown) === undefined) return shown;
  const [before, query, after] = splitQuery(shown);
  const pairs = query.split('&').map((pair) => {
    const [[key = '', value = ''] = []] = new URLSearchParams(pair);
    if (pair === '' || isQueryKey(key)) return pair;
    return value === '' ? 'xxxxx' : `${pair.slice(0, pair.indexOf('='))}=xxxxx`;
  });
  return `${before}${pairs.join('&')}${after}`;
}

function redactUser(text: string): string {
  const strange = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(text) ? undefined : unescapedUser(text);
  if (strange !== undefined) return `${text.slice(0, strange.scheme)}xxxxx:xxxxx@${text.slice(strange.end)}`;
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i, (_, scheme: string, user: string) => {
    const name = user.startsWith(':') || user === '' ? '' : 'xxxxx';
    return `${scheme}${name}${user.includes(':') ? ':xxxxx' : ''}@`;
  });
}

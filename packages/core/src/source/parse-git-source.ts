import { posix } from 'node:path';
import { nearestWord } from '../config/nearest-word.js';
import { DockError } from '../errors/dock-error.js';
import { isLoopbackHost } from '../reference/loopback.js';
import { originOf } from './git-origin.js';
import { checkGitRef } from './git-ref.js';
import { isCommitSha, isGitTransport, isQueryKey, readGitUrl, redactCredentials, type GitUrl } from './git-url.js';

/** A git URL with everything it asks for. */
export interface GitSource {
  /** What git is given: no credentials (an ssh user stays), no query, no fragment. */
  readonly url: string;
  /** The URL for people: credentials show as `xxxxx`. */
  readonly displayUrl: string;
  /** Decoded. A token alone is the user name, with an empty password. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Branch, tag, SHA or pull-request ref; absent means the default branch. */
  readonly ref?: string;
  /** Directory that is the build context, relative, without `.` and `..`. */
  readonly subdir?: string;
  readonly submodules?: boolean;
  /** Whether `.git` stays in the checkout. @default false, as BuildKit */
  readonly keepGitDir?: boolean;
  /** The commit that the ref must be at: a full SHA or the beginning of one. */
  readonly commit?: string;
  /** Fetch `commit` itself, wherever the ref is now. */
  readonly fetchByCommit?: boolean;
  /** What the files' times are: of the checkout, or of the commit. @default 'checkout' */
  readonly mtime?: 'checkout' | 'commit';
}

/** Rules for one call of {@link parseGitSource}. */
export interface ParseGitSourceOptions {
  /** Of `http`, `git`, `file`: what is allowed beyond https, ssh, and http to this machine. */
  readonly allowedSchemes?: readonly string[];
  /** URL of the repository whose submodule this is. A stranger wrote it, so that http to this machine is for the server of that repository alone. */
  readonly parent?: string;
}

const always = ['https', 'ssh'];
const onRequest = ['http', 'git', 'file'];
const githubShorthand = /^github\.com\/[^/]/;

/**
 * Whether docker, too, would take this for a git repository: a git or ssh URL, `user@host:path`, `github.com/…`, or an http(s) URL whose path ends in `.git`.
 */
export function isGitUrl(text: string): boolean {
  if (githubShorthand.test(text)) return true;
  if (!isGitTransport(text)) return false;
  const url = readGitUrl(text);
  return url !== undefined && (!url.scheme.startsWith('http') || url.path.endsWith('.git'));
}

/**
 * What docker takes a source for: a git repository, something to download by http(s) (an archive, a Dockerfile), or a path. A scheme that docker does not know is
 * git's, too, so that reading the URL says what is wrong with it.
 */
export function sourceKind(text: string): 'git' | 'download' | 'path' {
  if (isGitUrl(text)) return 'git';
  if (/^https?:\/\//i.test(text)) return 'download';
  return /^[a-z][a-z0-9+.-]*:\/\/|^[a-z0-9]+::/i.test(text) ? 'git' : 'path';
}

/**
 * Reads a git URL: `url#ref:subdir`, BuildKit's query form (`?ref=`, `tag`, `branch`, `commit`, `checksum`, `subdir`, `submodules`, `keep-git-dir`,
 * `fetch-by-commit`, `mtime`), `user@host:path`, and the shorthand `github.com/owner/name`. No process is started and nothing is looked up.
 *
 * @returns undefined when the text is not a URL at all (a path, a word)
 * @throws INVALID_GIT_URL, INVALID_GIT_REF, PATH_ESCAPES_REPO, INVALID_OPTION
 */
export function parseGitSource(text: string, options: ParseGitSourceOptions = {}): GitSource | undefined {
  const allowed = allowedSchemes(options.allowedSchemes ?? []);
  const url = readGitUrl(githubShorthand.test(text) ? `https://${text}` : text);
  if (url === undefined) {
    const helper = /^([a-z0-9][a-z0-9+.-]*)::/i.exec(text)?.[1];
    if (helper === undefined) return undefined;
    throw schemeRefused(helper, text, allowed);
  }
  if (!allowed.includes(url.scheme) && !isOwnHttp(url, options.parent)) throw schemeRefused(url.scheme, text, allowed);
  checkUrl(url, text);
  const asked = readQuery(url, text);
  if (asked.ref !== undefined) checkGitRef(asked.ref);
  const subdir = asked.subdir === undefined ? '' : cleanSubdir(asked.subdir);
  if (asked.subdir !== undefined && isAbove(asked.subdir)) {
    throw new DockError(
      'PATH_ESCAPES_REPO',
      `The directory "${asked.subdir}" of the git URL "${redactCredentials(text)}" leads out of the repository.`,
    );
  }
  const { subdir: _, ...others } = asked;
  return { ...splitCredentials(url), ...others, ...(subdir === '' ? {} : { subdir }) };
}

/** A subdirectory of a git URL as BuildKit cleans it: relative to the root of the repository, which `..` does not leave. */
export function cleanSubdir(subdir: string): string {
  return posix.join('/', subdir).replace(/^\/|\/$/g, '');
}

function isAbove(subdir: string): boolean {
  return /^\.\.(?:\/|$)/.test(posix.normalize(subdir.replace(/^\/+/, '')));
}

/** Whether this is http to this machine, as the user wrote it or where the parent comes from. */
function isOwnHttp({ scheme, host }: GitUrl, parent: string | undefined): boolean {
  if (scheme !== 'http' || !isLoopbackHost(host)) return false;
  return parent === undefined || originOf(parent) === originOf(`http://${host}`);
}

function allowedSchemes(more: readonly string[]): readonly string[] {
  const known = [...always, ...onRequest];
  const unknown = more.find((scheme) => !known.includes(scheme));
  if (unknown !== undefined) {
    throw new DockError('INVALID_OPTION', `"${unknown}" in allowedSchemes is not a scheme that can be allowed.`, {
      hint: `Known schemes are ${known.join(', ')}.`,
    });
  }
  return [...new Set([...always, ...more])];
}

function schemeRefused(scheme: string, text: string, allowed: readonly string[]): DockError {
  const isOnRequest = onRequest.includes(scheme);
  const near = isOnRequest ? undefined : nearestWord(scheme, [...always, 'http']);
  const meant = near === undefined ? '' : `Did you mean "${near}"? `;
  const more = isOnRequest ? ` Add --git-scheme ${scheme} if you trust ${trusted(scheme)}; else use https.` : '';
  return new DockError(
    'INVALID_GIT_URL',
    `The scheme "${scheme}" of the git URL "${redactCredentials(text)}" is not allowed.`,
    { hint: `${meant}Allowed schemes are ${allowed.join(', ')} and user@host:path.${more}` },
  );
}

function trusted(scheme: string): string {
  return scheme === 'file' ? 'that repository on this machine' : 'that network';
}

function invalid(text: string, reason: string): DockError {
  return new DockError(
    'INVALID_GIT_URL',
    `The git URL ${JSON.stringify(redactCredentials(text))} is malformed: ${reason}.`,
  );
}

function checkUrl(url: GitUrl, text: string): void {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f-\u009f]/.test(url.remote)) throw invalid(text, 'it has a space or a control character');
  if (/%(?:[01][0-9a-f]|7f|c2%[89][0-9a-f])/i.test(url.remote))
    throw invalid(text, 'it has a percent-encoded control character');
  if (url.path.replaceAll('/', '') === '') throw invalid(text, 'it names no repository');
  if (url.path.startsWith('-')) throw invalid(text, 'its path begins with "-"');
  if (url.scheme === 'file') {
    if (url.host !== '') throw invalid(text, 'a file URL has no host');
    return;
  }
  if (!/^(?:[a-z0-9_][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(url.host))
    throw invalid(text, hostProblem(url, text));
  if (url.scheme === 'ssh' && !/^[a-z0-9_][a-z0-9._+@-]*$/i.test(decode(url.user ?? 'git', text))) {
    throw invalid(text, 'an ssh URL takes a plain user name and no password');
  }
}

/** What looks like a host may be the beginning of a password with a slash in it, which is not to be shown. */
function hostProblem({ host, user }: GitUrl, text: string): string {
  if (user === undefined && text.includes('@'))
    return 'a "/", "?" or "#" in a user name or password is written %2F, %3F or %23';
  return `its host "${host}" is not a host`;
}

/** What git is given and what it must not see. */
function splitCredentials(url: GitUrl): Pick<GitSource, 'url' | 'displayUrl' | 'credentials'> {
  if (url.scheme === 'ssh' || url.user === undefined) return { url: url.remote, displayUrl: url.remote };
  const bare = `${url.scheme}://${url.host}${url.path}`;
  const colon = url.user.indexOf(':');
  const username = decode(colon < 0 ? url.user : url.user.slice(0, colon), url.remote);
  const password = decode(colon < 0 ? '' : url.user.slice(colon + 1), url.remote);
  const displayUrl = redactCredentials(url.remote);
  return username === '' && password === ''
    ? { url: bare, displayUrl: bare }
    : { url: bare, displayUrl, credentials: { username, password } };
}

/** User information of a URL, decoded. */
function decode(part: string, text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(part);
  } catch {
    throw invalid(text, 'its user information is not percent-encoded UTF-8');
  }
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(decoded)) throw invalid(text, 'its user information has a control character');
  return decoded;
}

type Asked = Pick<GitSource, 'ref' | 'subdir' | 'submodules' | 'keepGitDir' | 'commit' | 'fetchByCommit' | 'mtime'>;

/** Keys that are on when they stand alone. */
const switches: ReadonlySet<string> = new Set(['submodules', 'keep-git-dir', 'fetch-by-commit']);

/** Query and fragment together, by the rules and with the words of moby/buildkit `dfgitutil`. */
function readQuery(url: GitUrl, text: string): Asked {
  const asked: { -readonly [Key in keyof Asked]: Asked[Key] } = {};
  const set = <Key extends 'ref' | 'subdir' | 'commit'>(key: Key, value: string): void => {
    const before = asked[key];
    if (before !== undefined && before !== value) throw invalid(text, `${key} conflicts: "${before}" vs "${value}"`);
    asked[key] = value;
  };
  if (url.ref !== undefined) set('ref', url.ref);
  if (url.subdir !== undefined) set('subdir', url.subdir);
  const keys: readonly string[] = [...new Set(url.query.keys())];
  // A tag or a branch is held against a ref wherever it stands.
  for (const key of [...keys].sort((one, other) => lateness(one) - lateness(other))) {
    const values = url.query.getAll(key);
    const value = values[0] ?? '';
    // An unknown key that stands alone may be a token itself.
    if (!isQueryKey(key))
      throw invalid(text, values.join('') === '' ? 'unexpected query' : `unexpected query "${key}"`);
    if (values.length > 1) throw invalid(text, `query "${key}" has multiple values`);
    if (value === '' && !switches.has(key)) throw invalid(text, `query "${key}" has no value`);
    if (key === 'ref' || key === 'subdir') set(key, value);
    else if (key === 'tag') set('ref', prefixed('refs/tags/', value));
    else if (key === 'branch') {
      if (keys.includes('tag')) throw invalid(text, 'branch conflicts with tag');
      set('ref', prefixed('refs/heads/', value));
    } else if (key === 'commit' || key === 'checksum') set('commit', readCommit(value, text));
    else if (key === 'submodules') asked.submodules = readSwitch(key, value, text);
    else if (key === 'keep-git-dir') asked.keepGitDir = readSwitch(key, value, text);
    else if (key === 'fetch-by-commit') asked.fetchByCommit = readSwitch(key, value, text);
    else asked.mtime = readTimes(value, text);
  }
  const { commit } = asked;
  const wholeCommit = commit !== undefined && isCommitSha(commit) ? commit : undefined;
  if (asked.fetchByCommit === true && wholeCommit === undefined)
    throw invalid(text, 'query "fetch-by-commit" requires the full SHA of a commit in "commit" or "checksum"');
  if (asked.ref === undefined && wholeCommit !== undefined) asked.ref = wholeCommit;
  return asked;
}

function lateness(key: string): number {
  return ['tag', 'branch'].indexOf(key) + 1;
}

function readTimes(value: string, text: string): 'checkout' | 'commit' {
  if (value === 'checkout' || value === 'commit') return value;
  throw invalid(text, `invalid mtime value: "${value}", it is neither "checkout" nor "commit"`);
}

function prefixed(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

function readCommit(value: string, text: string): string {
  if (/^[0-9a-f]{1,64}$/i.test(value)) return value.toLowerCase();
  throw new DockError(
    'INVALID_GIT_REF',
    `"${value}" in the git URL "${redactCredentials(text)}" is an invalid commit.`,
    {
      hint: 'Name a full SHA.',
    },
  );
}

/** Switches as Go's `strconv.ParseBool` reads them; a bare name is on. */
function readSwitch(key: string, value: string, text: string): boolean {
  if (/^(?:1|t|T|true|True|TRUE|)$/.test(value)) return true;
  if (/^(?:0|f|F|false|False|FALSE)$/.test(value)) return false;
  throw invalid(text, `invalid ${key} value: "${value}", it is neither true nor false`);
}

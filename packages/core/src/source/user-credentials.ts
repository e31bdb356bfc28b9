import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DockError } from '../errors/dock-error.js';
import { isSafeFor, originOf } from './git-origin.js';
import type { GitSource } from './parse-git-source.js';
import type { SourceNeeds } from './source-needs.js';
import { readNetrc } from './read-netrc.js';
import { spawnGit } from './spawn-git.js';

/** Where git's own credentials of the user are asked for: the helpers of the global config, or `~/.netrc`. */
export type GitCredentialsFrom = 'helper' | 'netrc';

/** What asking takes. */
export type CredentialSurroundings = Pick<SourceNeeds, 'env' | 'signal'> & {
  /** A directory in no repository, whose config would count. */
  readonly directory: string;
};

/** A user with a password. */
export interface GitLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * The user's own credentials for the host of a source, as git has them; asked only on the user's word, and for this one host.
 *
 * @returns undefined where nothing is stored for it, where nothing secret may go there, and where the URL has a password of its own
 * @throws INVALID_OPTION when the credentials cannot be read
 */
export async function userLogin(
  source: Pick<GitSource, 'url' | 'credentials'>,
  from: GitCredentialsFrom,
  surroundings: CredentialSurroundings,
): Promise<GitLogin | undefined> {
  const origin = originOf(source.url);
  if (origin === undefined || !isSafeFor(origin) || (source.credentials?.password ?? '') !== '') return undefined;
  return from === 'netrc' ? askNetrc(source.url, surroundings) : askHelpers(source, surroundings);
}

async function askNetrc(url: string, { env }: CredentialSurroundings): Promise<GitLogin | undefined> {
  const home = env['HOME'];
  const unreadable = (why: string, cause?: unknown) =>
    new DockError('INVALID_OPTION', `Git credentials are to come from .netrc, and ${why}.`, {
      hint: 'Write ~/.netrc, or name another way: --git-credentials helper, or --secret id=GIT_AUTH_TOKEN.',
      ...(cause === undefined ? {} : { cause }),
    });
  if (home === undefined || home === '') throw unreadable('HOME is not set');
  const file = join(home, '.netrc');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unreadable(`"${file}" cannot be read (${error.code})`, error);
  });
  return readNetrc(text, new URL(url).hostname);
}

/** Variables by which a repository, and not the user, would say what git does. */
const repositoryVariables =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|CONFIG|CONFIG_(?:COUNT|KEY_\d+|VALUE_\d+|PARAMETERS)|TRACE.*)$/;

async function askHelpers(
  { url, credentials }: Pick<GitSource, 'url' | 'credentials'>,
  { env, signal, directory }: CredentialSurroundings,
): Promise<GitLogin | undefined> {
  const {
    protocol = '',
    host = '',
    path = '',
  } = /^(?<protocol>[a-z]+):\/\/(?<host>[^/]+)\/?(?<path>.*)$/.exec(url)?.groups ?? {};
  const own = Object.entries({ ...env }).filter(
    ([name]) => !repositoryVariables.test(name) && !/_?ASKPASS$/.test(name),
  );
  const asked = [
    `protocol=${protocol}`,
    `host=${host}`,
    `path=${path}`,
    ...(credentials === undefined ? [] : [`username=${credentials.username}`]),
  ];
  const outcome = await spawnGit(['-c', 'core.askPass=', 'credential', 'fill'], {
    cwd: directory,
    env: Object.fromEntries(own),
    input: `${asked.join('\n')}\n\n`,
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    as: { GIT_TERMINAL_PROMPT: '0', GIT_CEILING_DIRECTORIES: dirname(directory) },
  });
  if (signal.aborted) return undefined;
  const said = Buffer.from(outcome.stdout, 'latin1').toString();
  const field = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(said)?.[1] ?? '';
  const [username, password] = [field('username'), field('password')];
  if (outcome.status === 0 && password !== '') return { username, password };
  if (/terminal prompts disabled|could not read (?:username|password)/i.test(outcome.stderr)) return undefined;
  const why =
    outcome.status === undefined || outcome.status > 128
      ? 'did not answer'
      : `failed: ${outcome.stderr.trim().split('\n').at(-1) || `status ${outcome.status}`}`;
  throw new DockError('INVALID_OPTION', `Git's credential helper for "${host}" ${why}.`, {
    hint: `Try it by hand: printf 'protocol=${protocol}\\nhost=${host}\\n\\n' | git credential fill`,
  });
}

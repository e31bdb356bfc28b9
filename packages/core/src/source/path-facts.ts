import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GitFacts } from '../contracts/checkout.js';
import type { SourceNeeds } from './source-needs.js';
import { readGitDate } from './git-date.js';
import { isCommitSha, readGitUrl } from './git-url.js';
import { describeWords, readDescribe } from './read-describe.js';
import { spawnGit, type SpawnedOutcome } from './spawn-git.js';
import type { SourceDeadline } from './source-deadline.js';

/**
 * The git facts of a directory, read without running anything that the repository's own config names: no hooks, no file-system monitor, no filters, no
 * transports. A file that a filter (Git LFS, say) changes counts as dirty once it was touched; work inside submodules is not looked at.
 *
 * @returns undefined outside of a repository and before its first commit
 * @throws GIT_TIMEOUT, CANCELLED
 */
export async function readPathFacts(
  directory: string,
  context: SourceNeeds,
  deadline: SourceDeadline,
): Promise<GitFacts | undefined> {
  if (!(await isInRepository(directory))) return undefined;
  const git = async (args: readonly string[], extra: { input?: string; config?: readonly ConfigEntry[] } = {}) => {
    const outcome = await spawnGit(args, { cwd: directory, env: context.env, signal: deadline.signal, ...extra });
    deadline.check(`read the facts of "${directory}"`);
    return outcome;
  };
  const [objects, config] = await Promise.all([
    git(['cat-file', '--batch'], { input: 'HEAD^{commit}\nHEAD:./\n' }),
    git(['config', '-z', '--get-regexp', String.raw`^(remote\..*\.url|filter\..*)$`], { config: [[ownKey, '']] }),
  ]);
  const head = readHead(objects.stdout);
  if (objects.status !== 0 || config.status === undefined || config.status > 1)
    return unread(lastReason(objects.status === 0 ? config : objects), directory, context);
  if (objects.isCut) return unread('its commit is too large', directory, context);
  if (head === undefined) return undefined;
  // A filter driver that is not known by its exact name stays on, and git would run it.
  if (config.isCut) return unread('its config is too large', directory, context);
  const entries = readConfig(config.stdout);
  if (!entries.some(([key]) => key === ownKey))
    return unread('git before 2.31 takes no config of ours', directory, context);
  if (entries.some(([key]) => key.includes('\uFFFD')))
    return unread('its config names a filter or a remote in something else than UTF-8', directory, context);
  const described = git(describeWords);
  const status = await git(
    ['status', '--porcelain=v2', '-z', '--branch', '--untracked-files=normal', '--ignore-submodules=dirty'],
    {
      config: withoutFilters(entries),
    },
  );
  const { status: isDescribed, stdout: description } = await described;
  if (status.status !== 0) return unread(lastReason(status), directory, context);
  const lines = status.stdout.split('\0');
  const branch = lines.find((line) => line.startsWith('# branch.head '))?.slice('# branch.head '.length);
  const url = remoteUrl(entries);
  return {
    ...(url === undefined ? {} : { url }),
    commit: head.commit,
    ...(branch === undefined || branch === '(detached)' ? {} : { ref: Buffer.from(branch, 'latin1').toString() }),
    authorDate: head.authorDate,
    commitDate: head.commitDate,
    ...(isDescribed === 0 ? readDescribe(Buffer.from(description, 'latin1').toString()) : {}),
    // A directory that the commit does not have (an ignored one, say) is not what the commit says.
    isDirty: !head.hasDirectory || lines.some((line) => line !== '' && !line.startsWith('# ')),
  };
}

/** A filter driver that only we name: git tells of it when it takes our config, without which the drivers of the repository stay on. */
const ownKey = 'filter.dock.clean';

/** Looks before git is asked: most directories that are not in a repository cost no process. */
async function isInRepository(directory: string): Promise<boolean> {
  for (let at = directory; ; at = dirname(at)) {
    const isHere = await access(join(at, '.git')).then(
      () => true,
      () => false,
    );
    if (isHere) return true;
    if (at === dirname(at)) return false;
  }
}

/** @returns undefined where there is no repository */
function lastReason({ status, stderr }: SpawnedOutcome): string | undefined {
  if (/not a git repository/.test(stderr)) return undefined;
  if (status === undefined) return 'git could not be started';
  return stderr.trim().split('\n').at(-1) || `git ended with status ${status}`;
}

function unread(reason: string | undefined, directory: string, context: SourceNeeds): undefined {
  if (reason !== undefined) context.warn(`The git facts of "${directory}" could not be read: ${reason}.`);
}

interface Head {
  readonly commit: string;
  readonly authorDate: string;
  readonly commitDate: string;
  readonly hasDirectory: boolean;
}

/** Reads what `git cat-file --batch` (git-cat-file(1)) says to the two questions. */
function readHead(output: string): Head | undefined {
  const header = /^([0-9a-f]+) commit (\d+)\n/.exec(output);
  const [all = '', commit = '', size = '0'] = header ?? [];
  if (!isCommitSha(commit)) return undefined;
  const text = output.slice(all.length, all.length + Number(size));
  const dateOf = (role: string) => readGitDate(new RegExp(`^${role} .*> *(\\d.*)$`, 'm').exec(text)?.[1] ?? '').iso;
  const hasDirectory = /^[0-9a-f]+ tree \d+\n/.test(output.slice(all.length + Number(size) + 1));
  return { commit, authorDate: dateOf('author'), commitDate: dateOf('committer'), hasDirectory };
}

type ConfigEntry = readonly [key: string, value: string];

function readConfig(output: string): readonly ConfigEntry[] {
  return Buffer.from(output, 'latin1')
    .toString()
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [key = '', ...value] = entry.split('\n');
      return [key, value.join('\n')];
    });
}

/** Switches off every filter driver that the config names; git runs them when it compares files. */
function withoutFilters(entries: readonly ConfigEntry[]): readonly ConfigEntry[] {
  const drivers = new Set(entries.flatMap(([key]) => /^filter\.(.*)\.[a-z]+$/is.exec(key)?.[1] ?? []));
  return [...drivers].flatMap((driver): ConfigEntry[] => [
    ...['clean', 'smudge', 'process'].map((name): ConfigEntry => [`filter.${driver}.${name}`, '']),
    [`filter.${driver}.required`, 'false'],
  ]);
}

function remoteUrl(entries: readonly ConfigEntry[]): string | undefined {
  const remotes = entries.filter(([key]) => /^remote\..*\.url$/is.test(key));
  const [, url] = remotes.findLast(([key]) => key === 'remote.origin.url') ?? remotes[0] ?? [];
  // A URL that cannot be read, of a remote helper say, may hold credentials anywhere.
  const read = url === undefined ? undefined : readGitUrl(url);
  if (read === undefined) return undefined;
  if (read.scheme !== 'ssh') return `${read.scheme}://${read.host}${read.path}`;
  const user = read.user?.split(':', 1)[0];
  if (read.isScpStyle) return `${user}@${read.host}:${read.path}`;
  return `ssh://${user === undefined ? '' : `${user}@`}${read.host}${read.path}`;
}

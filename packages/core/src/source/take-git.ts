import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkout, SourceRequest } from '../contracts/checkout.js';
import type { SourceNeeds } from './source-needs.js';
import { DockError } from '../errors/dock-error.js';
import { askedRef, fetchCommit } from './fetch-commit.js';
import { fetchLfs, fetchSubmodules, warnOfLfsPointers } from './fetch-extras.js';
import { gitFetch } from './git-fetch.js';
import { checkGitRef } from './git-ref.js';
import { openGit } from './open-git.js';
import { gitSecrets } from './git-secrets.js';
import { parseGitSource, type GitSource } from './parse-git-source.js';
import { resolveInside } from './resolve-inside.js';
import { setTimes } from './set-times.js';
import { sourceDeadline } from './source-deadline.js';

/** A request for a git source. */
export type GitRequest = Extract<SourceRequest, { kind: 'git' }>;

/**
 * Fetches a git source into the run's work directory.
 *
 * @throws INVALID_GIT_URL, INVALID_GIT_REF, INVALID_OPTION, PATH_ESCAPES_REPO, GIT_CLONE_FAILED, GIT_REF_NOT_FOUND, GIT_TIMEOUT, AUTH_FAILED, COMMAND_NOT_FOUND, CANCELLED
 */
export async function takeGit(request: GitRequest, context: SourceNeeds, limitMs: number): Promise<Checkout> {
  const source = readRequest(request);
  for (const secret of gitSecrets(source)) context.addSecret(secret);
  const deadline = sourceDeadline(context.signal, limitMs);
  deadline.check(`fetch "${source.displayUrl}"`);
  const workDir = await realpath(context.workDir);
  const directory = join(workDir, 'checkout');
  const credentialsFile = join(workDir, 'git-credentials');
  await mkdir(directory, { mode: 0o755 });
  try {
    if (source.credentials !== undefined) await writeCredentials(credentialsFile, source);
    const git = openGit({
      directory,
      env: context.env,
      logger: context.logger,
      signal: deadline.signal,
      onStart: context.onStart,
      protocols: protocolsOf(source, request),
      stallSeconds: Math.ceil(deadline.limitMs / 1000),
      ...(source.credentials === undefined ? {} : { credentialsFile }),
      ...(/^[0-9a-f]{64}$/.test(askedRef(source)) ? { objectFormat: 'sha256' as const } : {}),
    });
    const fetch = gitFetch(source, directory, request.depth ?? 1, git, deadline);
    context.logger.info(
      `Fetching "${source.displayUrl}" at ${source.ref === undefined ? 'its default branch' : `"${source.ref}"`}`,
    );
    const { commit, written, committed } = await fetchCommit(fetch);
    if (request.submodules ?? source.submodules ?? false) await fetchSubmodules(fetch);
    if (request.lfs === true) await fetchLfs(fetch);
    else await warnOfLfsPointers(directory, context);
    if (source.keepGitDir !== true) await rename(join(directory, '.git'), join(workDir, 'git'));
    if (source.mtime === 'commit') await setTimes(directory, committed.seconds);
    context.logger.info(`Fetched commit ${commit}`);
    return {
      kind: 'git',
      directory,
      contextDir: await contextDirectory(directory, request.subdir ?? source.subdir),
      git: {
        url: source.url,
        commit,
        ...(source.ref === undefined ? {} : { ref: source.ref }),
        authorDate: written.iso,
        commitDate: committed.iso,
        isDirty: false,
      },
    };
  } finally {
    await rm(credentialsFile, { force: true });
  }
}

function readRequest(request: GitRequest): GitSource {
  const source = parseGitSource(request.url, request);
  if (source === undefined) {
    throw new DockError('INVALID_GIT_URL', `${JSON.stringify(request.url)} is not a git URL.`, {
      hint: 'Allowed are https, ssh and user@host:path; http, git and file only where the run allows them.',
    });
  }
  if (request.ref !== undefined) checkGitRef(request.ref);
  if (request.depth !== undefined && !(Number.isSafeInteger(request.depth) && request.depth > 0)) {
    throw new DockError(
      'INVALID_OPTION',
      `The depth "${request.depth}" of a git source is not a whole number above 0.`,
    );
  }
  return request.ref === undefined ? source : { ...source, ref: request.ref };
}

function protocolsOf({ url }: GitSource, { allowedSchemes = [] }: GitRequest): readonly string[] {
  return [...new Set(['https', 'ssh', ...allowedSchemes, ...(url.startsWith('http://') ? ['http'] : [])])];
}

/** The format of git-credential-store(1), which matches protocol and host exactly. */
async function writeCredentials(file: string, { url, credentials }: GitSource): Promise<void> {
  const { protocol, host } = /^(?<protocol>[a-z]+):\/\/(?<host>[^/]+)/.exec(url)?.groups ?? {};
  const user = [credentials?.username ?? '', credentials?.password ?? ''].map(encodeURIComponent).join(':');
  await writeFile(file, `${protocol}://${user}@${host}\n`, { mode: 0o600, flag: 'wx' });
}

async function contextDirectory(directory: string, subdir: string | undefined): Promise<string> {
  if (subdir === undefined) return directory;
  const contextDir = await resolveInside(directory, subdir);
  const found = await stat(contextDir).catch(() => undefined);
  if (found?.isDirectory() === true) return contextDir;
  const what = found === undefined ? 'does not exist in the repository' : 'is not a directory';
  throw new DockError('SOURCE_NOT_FOUND', `The build context "${subdir}" ${what}.`, {
    hint: 'Name a directory of the repository at this ref.',
  });
}

import { realpath, stat } from 'node:fs/promises';
import type { Checkout, SourceRequest } from '../contracts/checkout.js';
import type { SourceNeeds } from './source-needs.js';
import { DockError } from '../errors/dock-error.js';
import { fetchTree } from './fetch-tree.js';
import { secretAccess, withheld } from './auth-secrets.js';
import type { FetchedTree } from './fetched-tree.js';
import { accessFor, type GitAccess } from './git-access.js';
import { originOf } from './git-origin.js';
import { checkGitRef } from './git-ref.js';
import { gitSecrets } from './git-secrets.js';
import { parseGitSource, type GitSource } from './parse-git-source.js';
import { resolveInside } from './resolve-inside.js';
import { setTimes } from './set-times.js';
import { sourceDeadline } from './source-deadline.js';
import { sshAccess } from './ssh-access.js';
import { SubmoduleBudget } from './submodule-budget.js';
import { type CredentialSurroundings, userLogin } from './user-credentials.js';

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
  const isKept = source.keepGitDir ?? request.keepGitDir ?? false;
  const submodules = request.submodules ?? source.submodules ?? true;
  context.logger.info(
    `Fetching "${source.displayUrl}" at ${source.ref === undefined ? 'its default branch' : `"${source.ref}"`}`,
  );
  const ssh = await sshAccess(context, workDir);
  let tree: FetchedTree;
  try {
    const access = await sourceAccess(source, request, { ...context, signal: deadline.signal, directory: workDir });
    tree = await fetchTree(source, workDir, {
      context,
      deadline,
      allowedSchemes: request.allowedSchemes ?? [],
      access,
      ssh,
      depth: request.depth,
      withTags: isKept || request.describe === true,
      isLfs: request.lfs ?? false,
      keepGitDir: isKept,
      ...(submodules === false
        ? {}
        : { budget: new SubmoduleBudget(submodules === true ? {} : submodules, source.displayUrl) }),
    });
  } finally {
    await ssh.remove();
  }
  const { directory, commit, written, committed } = tree;
  if (tree.hasPointers)
    context.warn('The repository uses Git LFS, and its LFS files were not fetched: the build sees their pointers.', {
      hint: 'Ask for them with "lfs: true" in the source.',
    });
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
      ...tree.described,
      isDirty: false,
    },
  };
}

/**
 * What git may show, and to whom: the credentials of the URL to its own server, whatever of it is fetched; else what secrets say; else the user's own.
 *
 * @throws INVALID_OPTION
 */
async function sourceAccess(
  source: GitSource,
  { gitCredentials }: GitRequest,
  needs: SourceNeeds & CredentialSurroundings,
): Promise<readonly GitAccess[]> {
  const own = accessFor(source, []);
  const login = gitCredentials === undefined ? undefined : await userLogin(source, gitCredentials, needs);
  const secrets = await secretAccess(source.url, needs);
  for (const message of withheld(source.url, needs)) needs.warn(message);
  if (login === undefined) return [...(own === undefined ? [] : [own]), ...secrets];
  needs.addSecret(login.password);
  const from = gitCredentials === 'netrc' ? 'of .netrc' : "of git's credential helper";
  return [...secrets, { origin: originOf(source.url) ?? source.url, secret: login, from }];
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

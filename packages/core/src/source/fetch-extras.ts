import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceNeeds } from './source-needs.js';
import { DockError } from '../errors/dock-error.js';
import type { GitFetch } from './git-fetch.js';
import { resolveInside } from './resolve-inside.js';

/** Fetches the submodules of the checkout, and theirs. Their URLs may be relative, so that git needs a remote. */
export async function fetchSubmodules(fetch: GitFetch): Promise<void> {
  const doing = 'fetch the submodules of';
  await fetch.run(['config', 'remote.origin.url', fetch.source.url], doing);
  const outcome = await fetch.tryNetwork(
    ['submodule', 'update', '--init', '--recursive', '--force', '--depth', String(fetch.depth)],
    doing,
  );
  if (outcome.status !== 0) throw fetch.fail(outcome, doing);
  const status = await fetch.run(['submodule', 'status', '--recursive'], doing);
  // A path may hold a line break, so that not every line is a submodule.
  const unsettled = status.split('\n').find((line) => /^[-+U][0-9a-f]{40,64} /.test(line));
  if (unsettled !== undefined)
    throw fetch.fail({ status: 1, stdout: '', stderr: `error: submodule ${unsettled} is not at its commit` }, doing);
  if (fetch.source.keepGitDir === true) return;
  // Without the repository these files would point to nowhere.
  const words = ['submodule', 'foreach', '--quiet', '--recursive', String.raw`printf '%s\0' "$displaypath"`];
  for (const path of (await fetch.run(words, doing)).split('\0').slice(0, -1)) {
    if (path.includes('\uFFFD'))
      throw fetch.fail({ status: 1, stdout: '', stderr: `error: the submodule path "${path}" is not UTF-8` }, doing);
    await rm(join(await resolveInside(fetch.directory, path), '.git'), { force: true });
  }
}

/** Replaces the pointers of Git LFS by their files. */
export async function fetchLfs(fetch: GitFetch): Promise<void> {
  const doing = 'fetch the LFS files of';
  await fetch.run(['config', 'remote.origin.url', fetch.source.url], doing);
  const outcome = await fetch.tryNetwork(['lfs', 'pull', 'origin'], doing);
  if (outcome.status !== 0 && /'lfs' is not a git command/.test(outcome.stderr)) {
    throw new DockError(
      'COMMAND_NOT_FOUND',
      `The program "git-lfs" is not installed, but the LFS files of "${fetch.source.displayUrl}" are asked for.`,
    );
  }
  if (outcome.status !== 0) throw fetch.fail(outcome, doing);
}

/** Says that files of the checkout are pointers, which a build would take for the files. */
export async function warnOfLfsPointers(directory: string, context: SourceNeeds): Promise<void> {
  const file = join(directory, '.gitattributes');
  const found = await lstat(file).catch(() => undefined);
  if (found?.isFile() !== true || found.size > 1024 * 1024) return;
  const attributes = await readFile(file, 'utf8');
  if (!/^[^#].*\sfilter=lfs(?:\s|$)/m.test(attributes)) return;
  context.warn('The repository uses Git LFS, and its LFS files were not fetched: the build sees their pointers.', {
    hint: 'Ask for them with "lfs: true" in the source.',
  });
}

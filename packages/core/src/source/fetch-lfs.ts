import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DockError } from '../errors/dock-error.js';
import type { GitFetch } from './git-fetch.js';
import type { StageEntry } from './stage-entries.js';

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

/** Bytes of a `.gitattributes` that is read. */
const attributesLimit = 1024 * 1024;

/** Whether a `.gitattributes` of the checkout, wherever it lies, gives files to Git LFS: those files are pointers, which a build would take for the files. */
export async function hasLfsFiles(directory: string, stage: readonly StageEntry[]): Promise<boolean> {
  for (const { mode, path } of stage) {
    if (path === undefined || !mode.startsWith('100')) continue;
    const file = join(directory, path);
    const found = await lstat(file).catch(() => undefined);
    if (found?.isFile() !== true || found.size > attributesLimit) continue;
    if (/^[^#\n].*\sfilter=lfs(?:\s|$)/m.test(await readFile(file, 'utf8'))) return true;
  }
  return false;
}

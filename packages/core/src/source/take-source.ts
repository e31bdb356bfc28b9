import { mkdtemp, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkout, GitFacts, SourceRequest } from '../contracts/checkout.js';
import type { SourceNeeds } from './source-needs.js';

/**
 * Puts a source on disk: a git URL is fetched into the work directory of the run, an archive is unpacked there, a directory is taken in place.
 *
 * @param limitMs Time for the whole source; 0 means no limit.
 * @param pathFacts Git facts of a directory, where they are known already.
 * @throws INVALID_GIT_URL, INVALID_GIT_REF, INVALID_OPTION, SOURCE_NOT_FOUND, PATH_ESCAPES_REPO, GIT_CLONE_FAILED, GIT_REF_NOT_FOUND, GIT_TIMEOUT, AUTH_FAILED, COMMAND_NOT_FOUND, SOURCE_DOWNLOAD_FAILED, ARCHIVE_INVALID, CANCELLED
 */
export async function takeSource(
  request: SourceRequest,
  context: SourceNeeds,
  limitMs: number,
  pathFacts?: GitFacts | null,
): Promise<Checkout | undefined> {
  if (request.kind === 'path') {
    const { takePath } = await import('./take-path.js');
    return takePath(request.path, context, limitMs, pathFacts);
  }
  if (request.kind === 'empty') {
    const directory = await realpath(await mkdtemp(join(context.workDir, 'empty-')));
    return { kind: 'path', directory, contextDir: directory };
  }
  if (request.kind === 'archive' || request.kind === 'archive-file') {
    const { takeArchive } = await import('./archive/take-archive.js');
    return takeArchive(request, context, limitMs);
  }
  const { takeGit } = await import('./take-git.js');
  return takeGit(request, context, limitMs);
}

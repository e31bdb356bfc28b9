import { realpath, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { Checkout, GitFacts } from '../contracts/checkout.js';
import type { SourceNeeds } from './source-needs.js';
import { DockError } from '../errors/dock-error.js';
import { readPathFacts } from './path-facts.js';
import { sourceDeadline } from './source-deadline.js';

/**
 * Takes a directory as it is, in place.
 *
 * @param facts Its git facts, where they were taken already; `null` for none.
 * @throws SOURCE_NOT_FOUND, GIT_TIMEOUT, CANCELLED
 */
export async function takePath(
  path: string,
  context: SourceNeeds,
  limitMs: number,
  facts?: GitFacts | null,
): Promise<Checkout> {
  const directory = await directoryAt(resolve(context.cwd, path), context.cwd);
  const git =
    facts ??
    (facts === null ? undefined : await readPathFacts(directory, context, sourceDeadline(context.signal, limitMs)));
  return { kind: 'path', directory, contextDir: directory, ...(git === undefined ? {} : { git }) };
}

async function directoryAt(path: string, cwd: string): Promise<string> {
  try {
    const directory = await realpath(path);
    if ((await stat(directory)).isDirectory()) return directory;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read: ${code}`;
    throw new DockError('SOURCE_NOT_FOUND', `The source directory "${path}" ${reason}.`, {
      cause,
      ...looksLikeUrl(relative(cwd, path)),
    });
  }
  throw new DockError('SOURCE_NOT_FOUND', `The source "${path}" is not a directory.`, fileHint(relative(cwd, path)));
}

/** `gitlab.com/team/app.git` is a path to docker, too; nobody has a directory of that name. */
function looksLikeUrl(path: string): { hint?: string } {
  const isUrl = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\/.+\.git(?:[#?].*)?$/i.test(path);
  return isUrl ? { hint: `For a git repository, write https://${path}` } : {};
}

/** What somebody means who names a file. */
function fileHint(path: string): { hint?: string } {
  if (/(?:docker|container)file(?:\.[^/]*)?$/i.test(path))
    return { hint: `Write: dock build ${dirname(path)} --file ${path}` };
  if (/\.(?:tar|tgz|tar\.gz)$/i.test(path)) return { hint: `Write: dock build - < ${path}` };
  if (/\.(?:tar\.\w+|zip)$/i.test(path)) return { hint: 'Unpack it, and name the directory.' };
  return {};
}

import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
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
  const directory = await directoryAt(resolve(context.cwd, path));
  const git =
    facts ??
    (facts === null ? undefined : await readPathFacts(directory, context, sourceDeadline(context.signal, limitMs)));
  return { kind: 'path', directory, contextDir: directory, ...(git === undefined ? {} : { git }) };
}

async function directoryAt(path: string): Promise<string> {
  try {
    const directory = await realpath(path);
    if ((await stat(directory)).isDirectory()) return directory;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read: ${code}`;
    throw new DockError('SOURCE_NOT_FOUND', `The source directory "${path}" ${reason}.`, { cause });
  }
  throw new DockError('SOURCE_NOT_FOUND', `The source "${path}" is not a directory.`);
}

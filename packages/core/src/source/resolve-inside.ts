import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { DockError } from '../errors/dock-error.js';

/** Whether `path` is `root` or below it; both as `realpath` gives them. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/**
 * The real path of `path` (relative to `root`, or absolute), which must be inside the real `root` after every symbolic link.
 *
 * @returns the path as written, still inside, when nothing is there
 * @throws PATH_ESCAPES_REPO naming the resolved path and the root
 */
export async function resolveInside(root: string, path: string): Promise<string> {
  const realRoot = await realpath(root);
  const written = resolve(realRoot, path);
  // A path that climbs out and has nothing at its end must not read as "not found": that tells what is on the machine.
  if (!isInside(realRoot, written) && !isInside(resolve(root), written)) throw escape(path, written, realRoot);
  let real: string;
  try {
    real = await realpath(written);
  } catch (cause) {
    if (isMissing(cause)) return written;
    throw cause;
  }
  if (!isInside(realRoot, real)) throw escape(path, real, realRoot);
  return real;
}

function escape(path: string, resolved: string, root: string): DockError {
  return new DockError(
    'PATH_ESCAPES_REPO',
    `The path "${path}" leads to "${resolved}", which is outside of "${root}".`,
  );
}

function isMissing(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

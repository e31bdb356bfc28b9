import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DockError } from '../errors/dock-error.js';

/** Symbolic links that one path may go through, as Linux allows. */
const linkLimit = 40;

/** Whether `path` is `root` or below it; both as `realpath` gives them. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/**
 * The real path of `path` (relative to `root`, or absolute), which must be inside the real `root` after every symbolic link. Links are followed one by one, so
 * that nothing outside is looked at. A link that leads out is read as docker/cli reads it in a git context, with `root` as the root of all paths, if something
 * is there.
 *
 * @returns the path as far as it could be resolved, still inside, when nothing is there
 * @throws PATH_ESCAPES_REPO naming the resolved path and the root
 */
export async function resolveInside(root: string, path: string): Promise<string> {
  const realRoot = await realpath(root);
  const parts = partsFromRoot(resolve(root), realRoot, path).toReversed();
  let at = realRoot;
  let links = 0;
  /** The link that is being followed, and how many parts were left behind it. */
  let link = { target: '', rest: Number.POSITIVE_INFINITY };
  let outside: string | undefined;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at === realRoot) {
        if (parts.length < link.rest) throw escape(path, resolve(realRoot, '..', ...parts.toReversed()), realRoot);
        outside = link.target;
      } else at = dirname(at);
      continue;
    }
    const next = join(at, part);
    const found = await lstat(next).catch(undefinedIfMissing);
    if (found === undefined && outside !== undefined) throw escape(path, outside, realRoot);
    if (found?.isSymbolicLink() !== true) {
      at = next;
      continue;
    }
    links += 1;
    if (links > linkLimit) {
      throw new DockError(
        'PATH_ESCAPES_REPO',
        `The path "${path}" goes through more than ${linkLimit} symbolic links in "${realRoot}".`,
      );
    }
    const target = await readlink(next);
    link = { target: resolve(at, target), rest: parts.length };
    if (isAbsolute(target)) {
      at = realRoot;
      outside = target;
    }
    parts.push(...target.split('/').toReversed());
  }
  return at;
}

function partsFromRoot(root: string, realRoot: string, path: string): readonly string[] {
  if (path.includes('\0')) throw escape(path, path, realRoot);
  if (!isAbsolute(path)) return path.split('/');
  const start = [realRoot, root].find((one) => isInside(one, path));
  if (start === undefined) throw escape(path, path, realRoot);
  return relative(start, path).split('/');
}

function escape(path: string, resolved: string, root: string): DockError {
  return new DockError(
    'PATH_ESCAPES_REPO',
    `The path "${path}" leads to "${resolved}", which is outside of "${root}".`,
  );
}

function undefinedIfMissing(error: unknown): undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}

import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { compileIgnorePattern } from '@dock/core/internal';

/** Links that one path may go through; more is a loop that no resolved set caught. */
const depthLimit = 255;

/**
 * The paths that a build needs to read the given ones, with every link on the way resolved inside the root (tonistiigi/fsutil, `FollowLinks`): what it
 * gives are include patterns. The last component of a path may hold wildcards.
 *
 * @returns `undefined` when one of them is the root itself: then everything is needed
 */
export function followLinks(root: string, paths: readonly string[]): readonly string[] | undefined {
  const resolved = new Set<string>();
  const append = (path: string, depth: number): void => {
    if (depth > depthLimit) return;
    let rest = withinRoot(path);
    let current = '.';
    for (;;) {
      const slash = rest.indexOf('/');
      current = posix.join(current, slash < 0 ? rest : rest.slice(0, slash));
      rest = slash < 0 ? '' : rest.slice(slash + 1);
      const targets = linkTargets(root, current, true);
      if ((rest === '' || targets !== undefined) && resolved.has(current)) return;
      if (targets !== undefined) {
        resolved.add(current);
        for (const target of targets) append(posix.join(target, rest), depth + 1);
        return;
      }
      if (rest === '') {
        resolved.add(current);
        return;
      }
    }
  };
  for (const path of paths) append(path, 0);
  if (resolved.has('.')) return undefined;
  return withoutNested([...resolved]);
}

/** Drop what lies inside another path of the list. */
export function withoutNested(paths: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const path of [...paths].sort((a, b) => (a < b ? -1 : 1))) {
    const last = kept.at(-1);
    if (last === undefined || (path !== last && !path.startsWith(`${last}/`))) kept.push(path);
  }
  return kept;
}

/** Clean and relative; `..` stops at the root. */
function withinRoot(path: string): string {
  const absolute = posix.join('/', path).replace(/\/+$/, '');
  return absolute === '' ? '.' : absolute.slice(1);
}

/** Where a path leads if it is a link, from the root; `undefined` when it is none or is not there. */
function linkTargets(root: string, path: string, mayHaveWildcards: boolean): string[] | undefined {
  const base = posix.basename(path);
  if (mayHaveWildcards && hasWildcards(base)) {
    const directory = posix.dirname(path);
    const targets = namesIn(join(root, directory))
      .filter((name) => matchesName(base, name))
      .flatMap((name) => linkTargets(root, posix.join(directory, name), false) ?? []);
    return targets.length === 0 ? undefined : targets;
  }
  try {
    if (!lstatSync(join(root, path)).isSymbolicLink()) return undefined;
    const target = readlinkSync(join(root, path));
    return [target.startsWith('/') ? posix.normalize(target) : posix.join('/', posix.dirname(path), target)];
  } catch {
    return undefined;
  }
}

function hasWildcards(name: string): boolean {
  return /[*?[]/.test(name.replaceAll(/\\./g, ''));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function matchesName(pattern: string, name: string): boolean {
  try {
    // A "!" means nothing here.
    return compileIgnorePattern(pattern.replace(/^!/, '\\!'))?.matches(name) === true;
  } catch {
    return false;
  }
}

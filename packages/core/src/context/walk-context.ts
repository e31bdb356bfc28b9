import { closeSync, constants, type BigIntStats, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cancellation } from '../errors/cancellation.js';
import { contextError, fileFault } from './context-error.js';
import type { ContextEntry } from './context-entry.js';
import type { ParentMatches, PatternMatcher } from './pattern-matcher.js';

/** Entries between two turns of the event loop: reading is synchronous (a tenth of the time of promises), waiting is not. */
const batch = 256;

/** What decides in a walk whether something is left out. */
export type WalkMatcher = Pick<PatternMatcher, 'matchesInWalk' | 'mayIncludeBelow'>;

/** How a walk is done. */
export interface WalkOptions {
  readonly contextDir: string;
  /** Nothing is excluded without it. */
  readonly matcher?: WalkMatcher | undefined;
  /** Only what these patterns match is sent, and the directories above it. Everything without it. */
  readonly include?: PatternMatcher | undefined;
  /** Sent whatever the patterns say. */
  readonly always?: ReadonlySet<string>;
  /** Whether a directory that is excluded is left out though something inside is sent, as in docker/cli's tar. @default false */
  readonly omitsParents?: boolean;
  /** Hears of each socket and FIFO, which are left out as docker leaves them out. */
  readonly onLeftOut?: (path: string) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Place {
  readonly path: string;
  readonly matched: ParentMatches | undefined;
  readonly included: ParentMatches | undefined;
  /** The directory's own entry while it is excluded: sent only if something inside is not. */
  readonly withheld: ContextEntry | undefined;
}

/**
 * Walk a context depth first: a directory, then what is inside, names in the order of their bytes. Links are never followed.
 *
 * @throws CONTEXT_ERROR for a device, a name that is not UTF-8, and what cannot be read, unless it is excluded
 */
export async function* walkContext(options: WalkOptions): AsyncGenerator<ContextEntry> {
  const { matcher, include, always = new Set<string>(), omitsParents = false } = options;
  const aboveAlways = new Set([...always].flatMap(directoriesAbove));
  const stack: (Names & { at: number; place: Place; isWithheld: boolean })[] = [];
  const open = (place: Place) =>
    stack.push({
      ...sortedNames(options.contextDir, place.path),
      at: 0,
      place,
      isWithheld: place.withheld !== undefined,
    });
  open({ path: '', matched: undefined, included: undefined, withheld: undefined });
  let count = 0;
  while (stack.length > 0) {
    const level = stack.at(-1);
    if (level === undefined) break;
    const name = level.names[level.at];
    if (name === undefined) {
      stack.pop();
      continue;
    }
    level.at += 1;
    count += 1;
    if (count % batch === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      if (options.signal?.aborted === true) throw cancellation(options.signal.reason);
    }
    const path = level.place.path === '' ? name : `${level.place.path}/${name}`;
    const verdict = matcher?.matchesInWalk(path, level.place.matched);
    const inclusion = include?.matchesInWalk(path, level.place.included);
    const isExcluded = verdict?.isMatch === true && !always.has(path);
    const isLeftOut = isExcluded || inclusion?.isMatch === false;
    if (isExcluded && !aboveAlways.has(path) && matcher?.mayIncludeBelow(path) !== true) continue;
    if (inclusion?.isMatch === false && include?.mayMatchBelow(path) !== true) continue;
    const bytes = level.broken?.get(name);
    if (bytes !== undefined) {
      if (isLeftOut && !isDirectory(options.contextDir, level.place.path, bytes)) continue;
      // It cannot travel: decoding it loses bytes, and BuildKit's protocol has no place for them.
      throw contextError(path, 'has a name that is not UTF-8');
    }
    const stats = statEntry(options.contextDir, path);
    if (stats.isSocket() || stats.isFIFO()) {
      if (!isLeftOut) options.onLeftOut?.(path);
      continue;
    }
    if (isLeftOut && !stats.isDirectory()) continue;
    const entry = toEntry(options.contextDir, path, stats);
    if (!isLeftOut) {
      for (const above of stack) {
        if (!above.isWithheld || above.place.withheld === undefined) continue;
        above.isWithheld = false;
        yield above.place.withheld;
      }
      yield entry;
    }
    if (entry.kind === 'directory')
      open({
        path,
        matched: verdict?.matched,
        included: inclusion?.matched,
        withheld: isLeftOut && !omitsParents ? entry : undefined,
      });
  }
}

function directoriesAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The names in a directory; `broken` has the bytes of those that are not UTF-8. */
interface Names {
  readonly names: string[];
  readonly broken?: ReadonlyMap<string, Buffer>;
}

function sortedNames(contextDir: string, path: string): Names {
  let names: string[];
  try {
    names = readdirSync(join(contextDir, path));
  } catch (error) {
    throw contextError(path === '' ? '.' : path, fileFault(error), error);
  }
  const broken = names.some((name) => name.includes('\uFFFD')) ? brokenNames(contextDir, path) : undefined;
  return { names: inOrder(names), ...(broken === undefined ? {} : { broken }) };
}

function inOrder(names: string[]): string[] {
  // The order of UTF-16 units is that of the bytes unless there are surrogates.
  if (names.some((name) => /[\ud800-\udfff]/.test(name)))
    return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names.sort((a, b) => (a < b ? -1 : 1));
}

/** By what they read as, which is also what patterns are matched with. */
function brokenNames(contextDir: string, path: string): Map<string, Buffer> {
  const all = readdirSync(join(contextDir, path), { encoding: 'buffer' });
  const broken = all.filter((bytes) => !Buffer.from(bytes.toString('utf8')).equals(bytes));
  return new Map(broken.map((bytes) => [bytes.toString('utf8'), bytes]));
}

function isDirectory(contextDir: string, path: string, name: Buffer): boolean {
  const place = Buffer.concat([Buffer.from(`${join(contextDir, path)}/`), name]);
  return lstatSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

function statEntry(contextDir: string, path: string): BigIntStats {
  try {
    return lstatSync(join(contextDir, path), { bigint: true });
  } catch (error) {
    throw contextError(path, fileFault(error), error);
  }
}

function toEntry(contextDir: string, path: string, stats: BigIntStats): ContextEntry {
  const common = { path, mode: Number(stats.mode) & 0o7777, mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs };
  if (stats.isDirectory()) return { ...common, kind: 'directory', size: 0 };
  if (stats.isSymbolicLink())
    return { ...common, mode: 0o777, kind: 'symlink', size: 0, target: readLink(contextDir, path) };
  if (!stats.isFile()) throw contextError(path, `is ${kindOf(stats)}, which cannot be sent`);
  if ((stats.mode & 0o444n) !== 0o444n) checkReadable(contextDir, path);
  const inode = stats.nlink > 1n ? { inode: `${stats.dev}:${stats.ino}` } : {};
  return { ...common, kind: 'file', size: Number(stats.size), ...inode };
}

function readLink(contextDir: string, path: string): string {
  try {
    return readlinkSync(join(contextDir, path));
  } catch (error) {
    throw contextError(path, fileFault(error), error);
  }
}

/** Opened, not asked for by `access`: that would judge by the real user, not the effective one. */
function checkReadable(contextDir: string, path: string): void {
  try {
    closeSync(openSync(join(contextDir, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  } catch (error) {
    throw contextError(path, fileFault(error), error);
  }
}

function kindOf(stats: BigIntStats): string {
  return stats.isBlockDevice() ? 'a block device' : 'a character device';
}

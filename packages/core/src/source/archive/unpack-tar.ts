import { constants } from 'node:fs';
import { chmod, link, lstat, lutimes, mkdir, open, readlink, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContextTotals } from '../../context/context-totals.js';
import type { ContextLimits } from '../../context/context-entry.js';
import { archiveInvalid } from './archive-invalid.js';
import type { ByteSource } from './byte-source.js';
import { readTar, type TarMember } from './read-tar.js';

/** What {@link unpackTar} is held to. */
export interface UnpackOptions {
  readonly limits?: ContextLimits;
  /** Throws when the time is over or the run is cancelled. */
  readonly check: () => void;
}

/** Anybody else could neither read nor remove what is in a directory that its owner may not enter. */
const isRoot = process.getuid?.() === 0;

/** Devices and FIFOs that are named in a warning. */
const namedLimit = 5;

/** Most bytes of a path and of a name in it, as Linux has them. */
const longest = { path: 4095, name: 255 };

/**
 * Unpacks a tar into an empty directory. Every member stays below it: `..` leads no further up, nothing is written through a link that the archive brought, and
 * links stay links. Modes are kept with their set-uid bits, owners are not: a context has none.
 *
 * @returns names of devices and FIFOs, which are left out
 * @throws ARCHIVE_INVALID, CONTEXT_TOO_LARGE
 */
export async function unpackTar(
  source: ByteSource,
  directory: string,
  { limits, check }: UnpackOptions,
): Promise<readonly string[]> {
  const totals = new ContextTotals(limits);
  const place = new Place(directory);
  const leftOut: string[] = [];
  const directories = new Map<string, TarMember>();
  for await (const member of readTar(source)) {
    check();
    totals.add({ path: member.name, size: member.size } as Parameters<ContextTotals['add']>[0]);
    totals.check();
    if (member.kind === 'other') {
      if (leftOut.length < namedLimit) leftOut.push(member.name);
      continue;
    }
    const path = await place.of(member.name);
    if (member.kind === 'directory') {
      await place.makeDirectory(path);
      if (path !== directory) directories.set(path, member);
      continue;
    }
    if (path === directory) throw archiveInvalid(`has the member ${JSON.stringify(member.name)}, which is no file`);
    // Nothing is done later to what was below it: a link may stand there now.
    if (await place.clear(path)) forgetBelow(path, directories);
    await write(member, path, place, check);
  }
  // Only now: what is in a directory changes its time, and one that is read-only could not be filled.
  for (const [path, { mode, mtimeSeconds }] of [...directories].toReversed()) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) continue;
    await chmod(path, isRoot ? mode : mode | 0o700);
    await utimes(path, mtimeSeconds, mtimeSeconds);
  }
  return leftOut;
}

function forgetBelow(path: string, directories: Map<string, TarMember>): void {
  for (const one of directories.keys()) if (one === path || one.startsWith(`${path}/`)) directories.delete(one);
}

async function write(member: TarMember, path: string, place: Place, check: () => void): Promise<void> {
  const { kind, name, target, mode, mtimeSeconds } = member;
  if (kind === 'symlink') {
    if (target === '') throw archiveInvalid(`has the link ${JSON.stringify(name)} to nothing`);
    await symlink(target, path);
    await lutimes(path, mtimeSeconds, mtimeSeconds);
    return;
  }
  if (kind === 'link') {
    const from = await place.of(target);
    const found = await lstat(from).catch(() => undefined);
    if (found === undefined || found.isDirectory())
      throw archiveInvalid(
        `has the hard link ${JSON.stringify(name)} to ${JSON.stringify(target)}, which is no file before it`,
      );
    // Some systems would link to what the link leads to.
    if (found.isSymbolicLink()) await symlink(await readlink(from), path);
    else await link(from, path);
    return;
  }
  const handle = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    for await (const piece of member.body()) {
      check();
      await handle.writeFile(piece);
    }
    await handle.chmod(mode);
    await handle.utimes(mtimeSeconds, mtimeSeconds);
  } finally {
    await handle.close();
  }
}

/** Where members go. */
class Place {
  readonly #root: string;
  /** Directories that are known to be such, all the way from the root. */
  readonly #known: Set<string>;

  constructor(root: string) {
    this.#root = root;
    this.#known = new Set([root]);
  }

  /** The path of a name, with real directories before it. @throws ARCHIVE_INVALID for one that leads out, or through a link or a file */
  async of(name: string): Promise<string> {
    const parts: string[] = [];
    for (const part of name.split('/')) {
      if (part === '' || part === '.') continue;
      if (part !== '..') parts.push(part);
      else if (parts.pop() === undefined)
        throw archiveInvalid(`has the name ${JSON.stringify(name)}, which leads out of it`);
    }
    const path = join(this.#root, ...parts);
    if (Buffer.byteLength(path) > longest.path || parts.some((part) => Buffer.byteLength(part) > longest.name))
      throw archiveInvalid(`has a name that is too long for a disk, ${JSON.stringify(name.slice(0, 100))}…`);
    if (path !== this.#root) await this.#directoryAt(dirname(path), name);
    return path;
  }

  async makeDirectory(path: string): Promise<void> {
    if (this.#known.has(path)) return;
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined && !found.isDirectory()) await this.clear(path);
    if (found?.isDirectory() !== true) await mkdir(path, 0o755);
    this.#known.add(path);
  }

  /** A later member replaces an earlier one of its name. @returns whether that was a directory */
  async clear(path: string): Promise<boolean> {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return false;
    await rm(path, { recursive: true });
    if (!found.isDirectory()) return false;
    this.#known.clear();
    this.#known.add(this.#root);
    return true;
  }

  async #directoryAt(path: string, name: string): Promise<void> {
    if (this.#known.has(path)) return;
    await this.#directoryAt(dirname(path), name);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) await mkdir(path, 0o755);
    else if (!found.isDirectory())
      throw archiveInvalid(
        `has the name ${JSON.stringify(name)}, and on its way ${found.isSymbolicLink() ? 'a link' : 'a file'}`,
        { hint: 'Nothing is written through a link of an archive. Write it anew from the directory itself.' },
      );
    this.#known.add(path);
  }
}

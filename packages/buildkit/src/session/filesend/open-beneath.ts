import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';

const directoryFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** Where a name can be looked up in a directory that is open, so that no path is walked again. */
const descriptors = '/proc/self/fd';
let hasDescriptors: boolean | undefined;

interface OpenDirectory {
  readonly name: string;
  readonly fd: number;
  /** For a system that cannot look up a name in an open directory. */
  readonly path: string;
}

/**
 * The directories below one, each opened in the one above it, and never through a link: also one that somebody puts there while this runs leads nowhere. On
 * systems without `/proc` that holds for the last part of a path only.
 */
export class DirectoriesBeneath {
  readonly #root: OpenDirectory;
  /** Those of the last path, which the next one mostly shares. */
  readonly #open: OpenDirectory[] = [];

  /** @param path It is made when it is not there. The path itself is the user's: it may lead through links. */
  constructor(path: string) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#root = { name: '', fd: openSync(path, constants.O_RDONLY | constants.O_DIRECTORY), path };
  }

  /** Where an entry can be made, by a call that does not follow a link at its end. @throws ErrnoException */
  placeOf(parts: readonly string[]): string {
    return at(this.#enter(parts.slice(0, -1)), parts.at(-1) ?? '');
  }

  /** The directory itself, open until the next call. @throws ErrnoException */
  descriptorOf(parts: readonly string[]): number {
    return this.#enter(parts).fd;
  }

  /** Make a directory, in the place of whatever else has its name and is no directory. Its owner may write to it. @returns whether it is new @throws ErrnoException */
  make(parts: readonly string[]): boolean {
    const place = this.placeOf(parts);
    const found = lstatSync(place, { throwIfNoEntry: false });
    if (found?.isDirectory() === false) unlinkSync(place);
    const isNew = found?.isDirectory() !== true;
    if (isNew) mkdirSync(place, { mode: 0o700 });
    else if ((found.mode & 0o700) !== 0o700) fchmodSync(this.descriptorOf(parts), (found.mode & 0o777) | 0o700);
    return isNew;
  }

  /** One more name for what has one; a link is not followed. @throws ErrnoException */
  link(from: readonly string[], to: readonly string[]): void {
    const parent = this.#enter(from.slice(0, -1));
    // Going to the other directory closes this one.
    const fd = openSync(at(parent, '.'), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      linkSync(at({ ...parent, fd }, from.at(-1) ?? ''), this.placeOf(to));
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    this.#leave(0);
    closeSync(this.#root.fd);
  }

  #enter(parts: readonly string[]): OpenDirectory {
    let depth = 0;
    while (depth < parts.length && this.#open[depth]?.name === parts[depth]) depth += 1;
    this.#leave(depth);
    for (const name of parts.slice(depth)) {
      const parent = this.#open.at(-1) ?? this.#root;
      this.#open.push({ name, fd: openSync(at(parent, name), directoryFlags), path: join(parent.path, name) });
    }
    return this.#open.at(-1) ?? this.#root;
  }

  #leave(depth: number): void {
    for (const { fd } of this.#open.splice(depth)) closeSync(fd);
  }
}

function at({ fd, path }: OpenDirectory, name: string): string {
  hasDescriptors ??= existsSync(descriptors);
  return hasDescriptors ? `${descriptors}/${fd}/${name}` : join(path, name);
}

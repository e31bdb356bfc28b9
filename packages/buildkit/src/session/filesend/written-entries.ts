import { fchmodSync, fstatSync, lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { DirectoriesBeneath } from './open-beneath.js';
import { outputError } from './output-error.js';

/** Which file or directory it is, whatever its name. */
export function identityOf(stat: { readonly dev: bigint; readonly ino: bigint; readonly mode: bigint }): string {
  return `${stat.dev}:${stat.ino}:${stat.mode & 0o170000n}`;
}

/** What stays: somebody took it away, or put something of his own in or above it. */
const notOurs: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'ELOOP']);

/** What a build wrote into a directory, so that it can be taken away before the same build is asked for again. */
export class WrittenEntries {
  /** By path, in the order in which they came: a directory before what is in it. */
  readonly #identities = new Map<string, string>();
  readonly #directories: (readonly string[])[] = [];

  /** A file or a link, or a directory that was not there before. */
  add(parts: readonly string[], identity: string): void {
    this.#identities.set(parts.join('/'), identity);
  }

  /** A directory that got its mode from the build, new or not. */
  addDirectory(parts: readonly string[]): void {
    this.#directories.push(parts);
  }

  /**
   * Take away what is still there as it was written. What it took the place of does not come back: the same build writes it once more.
   *
   * @throws OUTPUT_FAILED
   */
  clear(destination: string): void {
    if (this.#identities.size === 0) return;
    try {
      const directories = new DirectoriesBeneath(destination);
      try {
        for (const parts of this.#directories) unlessGone(() => makeWritable(directories.descriptorOf(parts)));
        for (const [path, identity] of [...this.#identities].toReversed())
          unlessGone(() => remove(directories.placeOf(path.split('/')), identity));
      } finally {
        directories.close();
      }
    } catch (error) {
      throw outputError(destination, error);
    }
    this.#identities.clear();
    this.#directories.length = 0;
  }
}

function makeWritable(fd: number): void {
  const { mode } = fstatSync(fd);
  if ((mode & 0o700) !== 0o700) fchmodSync(fd, (mode & 0o1777) | 0o700);
}

function remove(place: string, identity: string): void {
  const found = lstatSync(place, { bigint: true });
  if (identityOf(found) !== identity) return;
  if (found.isDirectory()) rmdirSync(place);
  else unlinkSync(place);
}

function unlessGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!notOurs.has((error as NodeJS.ErrnoException).code)) throw error;
  }
}

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  lstatSync,
  lutimesSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  write,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { quotePath } from '@dock/core/internal';
import { DirectoriesBeneath } from './open-beneath.js';
import { outputError } from './output-error.js';
import { identityOf, WrittenEntries } from './written-entries.js';

const writeAsync = promisify(write);
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What an entry has beside its content. */
export interface EntryFacts {
  /** Permission bits; of a directory the sticky bit too. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
}

/** A file on its way: it has its name when it is whole. */
export interface OutputFile {
  write(bytes: Uint8Array): Promise<void>;
  /** @throws OUTPUT_FAILED, DISK_FULL */
  finish(): void;
  /** Leave nothing of it. */
  drop(): void;
}

type Parts = readonly string[];

/**
 * A directory that a build's result is written into. Entries that are there and not in the result stay; a file, link or empty directory of the same name is
 * replaced as a whole. Nothing is followed, and nothing is made but directories, regular files and links.
 */
export class OutputTree {
  readonly #destination: string;
  readonly #directories: DirectoriesBeneath;
  readonly #written: WrittenEntries;
  readonly #made: { readonly parts: Parts; readonly facts: EntryFacts }[] = [];
  /** By path: which file it was when it was finished. */
  readonly #files = new Map<string, string>();

  /**
   * @param written Gets what is written here.
   * @throws OUTPUT_FAILED, DISK_FULL
   */
  constructor(destination: string, written = new WrittenEntries()) {
    this.#destination = destination;
    this.#written = written;
    this.#directories = this.#guarded([], () => new DirectoriesBeneath(destination));
  }

  /** A directory gets its facts in the end: until then it is written into. */
  directory(parts: Parts, facts: EntryFacts): void {
    this.#guarded(parts, () => {
      if (this.#directories.make(parts)) this.#note(parts);
    });
    this.#written.addDirectory(parts);
    this.#made.push({ parts, facts });
  }

  symlink(parts: Parts, target: string, { modifiedAt }: EntryFacts): void {
    this.#guarded(parts, () => {
      const own = ownName(parts);
      const place = this.#directories.placeOf(own);
      symlinkSync(target, place);
      lutimesSync(place, modifiedAt, modifiedAt);
      this.#giveName(own, parts);
      this.#note(parts);
    });
  }

  file(parts: Parts, facts: EntryFacts): OutputFile {
    const own = ownName(parts);
    const fd = this.#guarded(parts, () => openSync(this.#directories.placeOf(own), newFile, 0o600));
    let isOpen = true;
    const close = (): void => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    };
    return {
      write: async (bytes) => {
        try {
          for (let at = 0; at < bytes.length; )
            at += (await writeAsync(fd, bytes, at, bytes.length - at, null)).bytesWritten;
        } catch (error) {
          throw outputError(this.#nameOf(parts), error);
        }
      },
      finish: () =>
        this.#guarded(parts, () => {
          fchmodSync(fd, facts.mode & 0o777);
          futimesSync(fd, facts.modifiedAt, facts.modifiedAt);
          this.#files.set(parts.join('/'), identityOf(fstatSync(fd, { bigint: true })));
          close();
          this.#giveName(own, parts);
          this.#written.add(parts, this.#files.get(parts.join('/')) ?? '');
        }),
      drop: () => {
        close();
        this.#remove(own);
      },
    };
  }

  /** One more name of a file that was finished before. */
  hardLink(parts: Parts, target: Parts): void {
    const identity = this.#files.get(target.join('/')) ?? '';
    this.#guarded(parts, () => {
      const own = ownName(parts);
      this.#directories.link(target, own);
      if (identityOf(lstatSync(this.#directories.placeOf(own), { bigint: true })) !== identity) {
        this.#remove(own);
        throw new Error(`something else took the place of ${quotePath(target.join('/'))} meanwhile`);
      }
      this.#giveName(own, parts);
    });
    this.#files.set(parts.join('/'), identity);
    this.#written.add(parts, identity);
  }

  /** The last part: directories get their modes and times, the inner ones first. */
  finish(): void {
    for (const { parts, facts } of this.#made.toReversed())
      this.#guarded(parts, () => {
        const fd = this.#directories.descriptorOf(parts);
        fchmodSync(fd, facts.mode & 0o1777);
        futimesSync(fd, facts.modifiedAt, facts.modifiedAt);
      });
  }

  close(): void {
    this.#directories.close();
  }

  /** An entry has its name at once and as a whole; a directory that has files in it is nobody's to throw away. */
  #giveName(own: Parts, parts: Parts): void {
    const from = this.#directories.placeOf(own);
    // Both lie in one directory: the place of one stays good while the other is asked for.
    const to = this.#directories.placeOf(parts);
    try {
      renameSync(from, to);
    } catch (error) {
      try {
        if (!isDirectoryFault(error)) throw error;
        rmdirSync(to);
        renameSync(from, to);
      } catch (final) {
        this.#remove(own);
        throw isDirectoryFault(final) ? new Error('a directory with files of its own is in its place') : final;
      }
    }
  }

  #note(parts: Parts): void {
    this.#written.add(parts, identityOf(lstatSync(this.#directories.placeOf(parts), { bigint: true })));
  }

  #remove(own: Parts): void {
    try {
      unlinkSync(this.#directories.placeOf(own));
    } catch {
      // What is not there any more, or cannot be reached any more, is not removed: the cause is told by who came here.
    }
  }

  #guarded<T>(parts: Parts, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw outputError(this.#nameOf(parts), error);
    }
  }

  #nameOf(parts: Parts): string {
    return join(this.#destination, ...parts);
  }
}

/** The name of an entry that is not whole, beside the one that it will have. */
function ownName(parts: Parts): Parts {
  return [...parts.slice(0, -1), `.dock-${randomBytes(12).toString('hex')}`];
}

function isDirectoryFault(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'EEXIST';
}

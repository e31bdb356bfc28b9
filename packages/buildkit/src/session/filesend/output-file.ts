import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  constants,
  createWriteStream,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { outputError } from './output-error.js';

/** A file that an output is written to. A regular one, or one that is not there yet, has its name when it is whole; into a device or a pipe it is written as it comes. */
export class OutputFile {
  readonly #path: string;
  #temporary: { readonly path: string; readonly place: string; readonly mode: number | undefined } | undefined;

  /** @param path Absolute; a link leads to its file. */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws OUTPUT_FAILED, DISK_FULL */
  open(): Writable {
    return this.#guarded(() => {
      const found = statSync(this.#path, { throwIfNoEntry: false });
      if (found !== undefined && !found.isFile()) return this.#special(found);
      const place = found === undefined ? this.#path : realpathSync(this.#path);
      const path = join(dirname(place), `.${basename(place)}.dock-${randomBytes(8).toString('hex')}`);
      // Opened here, so that what is wrong is told before anything comes.
      const fd = openSync(
        path,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o666,
      );
      this.#temporary = { path, place, mode: found === undefined ? undefined : found.mode & 0o777 };
      return createWriteStream(path, { fd });
    });
  }

  /** Whether it can be written from the start again: what a device or a pipe got stays there. */
  get isReplaceable(): boolean {
    return this.#temporary !== undefined;
  }

  /** It is whole. @throws OUTPUT_FAILED, DISK_FULL */
  finish(): void {
    const made = this.#temporary;
    if (made === undefined) return;
    this.#guarded(() => {
      if (made.mode !== undefined) chmodSync(made.path, made.mode);
      renameSync(made.path, made.place);
    });
    this.#temporary = undefined;
  }

  /** Leave nothing of it, and what was there as it was. */
  drop(): void {
    if (this.#temporary === undefined) return;
    try {
      unlinkSync(this.#temporary.path);
    } catch {
      // It is not there any more.
    }
    this.#temporary = undefined;
  }

  /** A pipe that nobody reads is an error, not a wait. */
  #special(found: Stats): Writable {
    const fd = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK);
    return found.isFIFO() ? new Socket({ fd, readable: false, writable: true }) : createWriteStream(this.#path, { fd });
  }

  #guarded<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw outputError(this.#path, error);
    }
  }
}

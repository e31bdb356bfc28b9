import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DockEvent } from '../contracts/event.js';
import { isDiskFull, thrownMessage } from '../errors/thrown-message.js';
import { makeDirectory } from '../run/make-directory.js';

/** Bytes that are collected before they go to the disk. */
const bufferSize = 64 * 1024;

/** How long what is collected may wait, ms: so much of it is lost when the process is killed. */
const flushDelay = 50;

/** Events that come often and may wait; every other one is put on the disk at once, with what came before it. */
const frequent: ReadonlySet<DockEvent['type']> = new Set(['step.log', 'log', 'pull.progress', 'push.progress']);

/** What went wrong with a log. Told once. */
export interface LogTrouble {
  readonly message: string;
  readonly code?: 'DISK_FULL';
}

/** The event stream of one run as a file. Writes are synchronous; none of its functions throws. */
export interface LogFile {
  /** Absent when it could not be opened. */
  readonly path: string | undefined;
  write(event: DockEvent): void;
  /** Put what is buffered on the disk. */
  flush(): void;
  close(): void;
}

/**
 * Open `events.ndjson` in a directory of the run (0700, file 0600). A full disk ends the log, at the end of a line, and not the run.
 *
 * @param onTrouble Called at most once: the log could not be opened or written, or is over its limit.
 * @param sizeLimit Bytes; later events are left out and the last line says so. @default 1 GiB
 */
export function openLogFile(
  directory: string,
  onTrouble: (trouble: LogTrouble) => void,
  sizeLimit: number = 1024 ** 3,
): LogFile {
  const path = join(directory, 'events.ndjson');
  const file = new LogFileWriter(path, onTrouble, sizeLimit);
  return {
    path: file.open(directory) ? path : undefined,
    write: (event) => file.write(event),
    flush: () => file.flush(),
    close: () => file.close(),
  };
}

class LogFileWriter {
  readonly #path: string;
  readonly #tell: (trouble: LogTrouble) => void;
  readonly #sizeLimit: number;
  #fd: number | undefined;
  #waiting: Buffer[] = [];
  #waitingSize = 0;
  /** Bytes on the disk and in `#waiting`. */
  #size = 0;
  #written = 0;
  #isCut = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, tell: (trouble: LogTrouble) => void, sizeLimit: number) {
    this.#path = path;
    this.#tell = tell;
    this.#sizeLimit = sizeLimit;
  }

  open(directory: string): boolean {
    try {
      makeDirectory(directory);
      this.#fd = openSync(this.#path, 'w', 0o600);
      return true;
    } catch (error) {
      this.#fail('opened', error);
      return false;
    }
  }

  write(event: DockEvent): void {
    if (this.#fd === undefined || this.#isCut) return;
    const line = Buffer.from(`${JSON.stringify(event)}\n`);
    if (this.#size + line.length > this.#sizeLimit) {
      this.#cut(event);
      return;
    }
    this.#push(line);
    if (this.#waitingSize >= bufferSize || !frequent.has(event.type)) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), flushDelay).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fd === undefined || this.#waiting.length === 0) return;
    const block = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingSize = 0;
    let offset = 0;
    try {
      while (offset < block.length) offset += writeSync(this.#fd, block, offset);
      this.#written += block.length;
    } catch (error) {
      this.#giveUp(this.#fd, this.#written + block.subarray(0, offset).lastIndexOf(10) + 1, error);
    }
  }

  close(): void {
    this.flush();
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    try {
      closeSync(fd);
    } catch (error) {
      this.#fail('closed', error);
    }
  }

  #push(line: Buffer): void {
    this.#waiting.push(line);
    this.#waitingSize += line.length;
    this.#size += line.length;
  }

  /** The last line takes the place, and the number, of the first event that is left out. */
  #cut({ v, seq, time, run }: DockEvent): void {
    this.#isCut = true;
    const message = `The log is cut here: its limit is ${this.#sizeLimit} bytes.`;
    this.#push(Buffer.from(`${JSON.stringify({ v, seq, time, run, type: 'log', level: 'warn', message })}\n`));
    this.flush();
    this.#tell({ message: `The log "${this.#path}" is not complete: its limit is ${this.#sizeLimit} bytes.` });
  }

  /** A torn last line would make the whole file unreadable for a strict reader. */
  #giveUp(fd: number, complete: number, cause: unknown): void {
    this.#fd = undefined;
    try {
      ftruncateSync(fd, complete);
      closeSync(fd);
    } catch {
      // The first error is the one that is told.
    }
    this.#fail('written', cause);
  }

  #fail(done: string, cause: unknown): void {
    this.#tell({
      message: `The log "${this.#path}" could not be ${done}: ${thrownMessage(cause)}`,
      ...(isDiskFull(cause) ? { code: 'DISK_FULL' as const } : {}),
    });
  }
}

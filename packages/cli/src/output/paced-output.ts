import type { Writable } from 'node:stream';
import type { ProgressStream } from '../progress/create-progress.js';

/** Characters that go to the stream in one write. */
const batchSize = 32 * 1024;

/** Characters that may wait for a reader before the build is held back. */
const holdSize = 1024 * 1024;

/** Characters that may wait at all: what cannot be held back, a plugin that logs without end, is left out from here on. */
const dropSize = 16 * 1024 * 1024;

/** A stream that may be a terminal. */
type OutputStream = Writable & Pick<ProgressStream, 'isTTY' | 'columns' | 'rows'>;

/**
 * Writes lines to a stream whose reader may be slower than what is said: in few writes, and in bounded memory. Whoever says much waits for {@link ready}.
 */
export class PacedOutput implements ProgressStream {
  readonly #stream: OutputStream;
  readonly #note: ((lines: number) => string) | undefined;
  #batch = '';
  #timer: NodeJS.Immediate | undefined;
  #waiting = 0;
  #leftOut = 0;
  #ready: Promise<void> | undefined;
  #release: () => void = () => undefined;

  /** @param note What stands in place of lines that were left out; nothing without it. */
  constructor(stream: OutputStream, note?: (lines: number) => string) {
    this.#stream = stream;
    this.#note = note;
    stream.once('close', () => this.#written(this.#waiting));
  }

  get isTTY(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  get rows(): number {
    return this.#stream.rows ?? 24;
  }

  /** Whole lines, or on a terminal anything. */
  write(text: string): void {
    if (this.#stream.destroyed) return;
    if (this.#waiting > dropSize) {
      this.#leftOut += text.split('\n').length - 1;
      return;
    }
    this.#batch += text;
    this.#waiting += text.length;
    if (this.isTTY || this.#batch.length >= batchSize) this.flush();
    else this.#timer ??= setImmediate(() => this.flush());
  }

  /** Hand everything to the stream. */
  flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    const text = this.#batch;
    this.#batch = '';
    if (text === '') return;
    this.#stream.write(text, () => this.#written(text.length));
  }

  /** A promise while the reader is behind. */
  ready(): Promise<void> | undefined {
    if (this.#waiting <= holdSize) return undefined;
    this.#ready ??= new Promise((resolve) => {
      this.#release = resolve;
    });
    return this.#ready;
  }

  #written(size: number): void {
    this.#waiting = Math.max(0, this.#waiting - size);
    if (this.#waiting > holdSize / 2) return;
    const lines = this.#leftOut;
    this.#leftOut = 0;
    if (lines > 0 && this.#note !== undefined) this.write(`${this.#note(lines)}\n`);
    this.#ready = undefined;
    this.#release();
  }
}

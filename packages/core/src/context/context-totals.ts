import { DockError } from '../errors/dock-error.js';
import type { ContextEntry, ContextLimits } from './context-entry.js';
import { quotePath } from './quote-path.js';

const gibibyte = 1024 ** 3;
/** Git history in a context is nearly always a mistake from here on. */
const gitWarningBytes = 50 * 1024 ** 2;
const namedPaths = 10;

/** Counts a context while it is walked, with bounded memory however large it is. */
export class ContextTotals {
  readonly #maxBytes: number;
  readonly #maxFiles: number;
  #largest: { path: string; size: number }[] = [];
  #gitBytes = 0;
  #leftOut = 0;
  readonly #leftOutNames: string[] = [];
  bytes = 0;
  files = 0;

  constructor(limits: ContextLimits = {}) {
    this.#maxBytes = limits.maxBytes ?? 10 * gibibyte;
    this.#maxFiles = limits.maxFiles ?? 1_000_000;
  }

  add(entry: ContextEntry): void {
    this.files += 1;
    this.bytes += entry.size;
    if (entry.path.startsWith('.git/')) this.#gitBytes += entry.size;
    const last = this.#largest.at(-1);
    if (entry.size === 0 || (this.#largest.length >= namedPaths && last !== undefined && last.size >= entry.size))
      return;
    this.#largest.push({ path: entry.path, size: entry.size });
    this.#largest.sort((a, b) => b.size - a.size);
    this.#largest = this.#largest.slice(0, namedPaths);
  }

  /** A socket or FIFO that is not sent. */
  leaveOut(path: string): void {
    this.#leftOut += 1;
    if (this.#leftOutNames.length < namedPaths) this.#leftOutNames.push(quotePath(path));
  }

  get isOver(): boolean {
    return this.bytes > this.#maxBytes || this.files > this.#maxFiles;
  }

  /** @throws CONTEXT_TOO_LARGE with the totals and the ten largest paths */
  check(): void {
    if (!this.isOver) return;
    const isBytes = this.bytes > this.#maxBytes;
    const over = isBytes
      ? `${this.bytes} bytes; the limit is ${this.#maxBytes}`
      : `${this.files} files; the limit is ${this.#maxFiles}`;
    const list = this.#largest.map(({ path, size }) => `${quotePath(path)} (${size} bytes)`).join(', ');
    throw new DockError('CONTEXT_TOO_LARGE', `The build context has ${over}. The largest paths: ${list}.`, {
      details: {
        bytes: this.bytes,
        files: this.files,
        maxBytes: this.#maxBytes,
        maxFiles: this.#maxFiles,
        largest: this.#largest,
      },
    });
  }

  warnings(): string[] {
    const more = this.#leftOut - this.#leftOutNames.length;
    const names = `${this.#leftOutNames.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    const leftOut =
      this.#leftOut === 0 ? [] : [`The build context has sockets or FIFOs, which are left out: ${names}.`];
    if (this.#gitBytes <= gitWarningBytes) return leftOut;
    return [
      ...leftOut,
      `The build context sends ".git" with ${Math.round(this.#gitBytes / 1024 ** 2)} MiB; exclude it in .dockerignore unless the build reads the history.`,
    ];
  }
}

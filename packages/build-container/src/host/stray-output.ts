import { StringDecoder } from 'node:string_decoder';
import { LineTail } from '@dock/engine';

/** Characters of an unfinished line that are held back. */
const heldLimit = 64 * 1024;

/** What a container prints beside its events: lines for the log, and the last of them for errors. */
export class StrayOutput {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #tail = new LineTail(20);
  #held = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(piece: Uint8Array): void {
    this.#add(this.#decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)));
  }

  end(): void {
    this.#add(this.#decoder.end());
    if (this.#held !== '') this.#onLine(this.#held);
    this.#held = '';
  }

  /** The last lines, oldest first. */
  lastLines(): readonly string[] {
    return this.#tail.lines();
  }

  #add(text: string): void {
    this.#tail.push(text);
    const lines = (this.#held + text).split('\n');
    this.#held = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.replace(/\r$/, ''));
    if (this.#held.length <= heldLimit) return;
    this.#onLine(this.#held);
    this.#held = '';
  }
}

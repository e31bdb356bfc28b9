import { StringDecoder } from 'node:string_decoder';

/** Keeps the last part of an output, in bounded memory. */
export class OutputTail {
  readonly #limit: number;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #isCut = false;

  /** @param limit bytes that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Add a piece; small ones are packed so that many cost no more than their bytes. */
  push(piece: Uint8Array): void {
    const last = this.#pieces.at(-1);
    const copy = Buffer.from(piece.length > this.#limit ? piece.subarray(piece.length - this.#limit) : piece);
    if (copy.length < piece.length) this.#isCut = true;
    if (last !== undefined && last.length + copy.length <= 4096) this.#pieces[this.#pieces.length - 1] = Buffer.concat([last, copy]);
    else this.#pieces.push(copy);
    this.#size += copy.length;
    while (this.#size > this.#limit + 8192 && this.#pieces.length > 1) {
      this.#size -= this.#pieces.shift()?.length ?? 0;
      this.#isCut = true;
    }
  }

  /** Whether something was dropped. */
  get isCut(): boolean {
    return this.#isCut || this.#size > this.#limit;
  }

  /** What was kept, from a whole character on. */
  text(): string {
    const bytes = Buffer.concat(this.#pieces);
    const kept = bytes.length > this.#limit ? bytes.subarray(bytes.length - this.#limit) : bytes;
    if (!this.isCut) return kept.toString('utf8');
    let start = 0;
    while (start < 3 && ((kept[start] ?? 0) & 0xc0) === 0x80) start += 1;
    return kept.subarray(start).toString('utf8');
  }
}

/** Keeps the last lines of text that comes in pieces. */
export class LineTail {
  readonly #limit: number;
  readonly #lines: string[] = [];
  #open = '';

  /** @param limit lines that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Add text; an unfinished line is kept up to 2000 characters. */
  push(text: string): void {
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      if (this.#open.length < 2000) this.#open = (this.#open + part).slice(0, 2000);
      if (index === parts.length - 1) break;
      this.#close();
    }
  }

  /** The last lines, oldest first; `count` of them at most. */
  lines(count = this.#limit): string[] {
    const all = this.#open === '' ? this.#lines : [...this.#lines, this.#open.replace(/\r$/, '')];
    return all.slice(-count);
  }

  #close(): void {
    this.#lines.push(this.#open.replace(/\r$/, ''));
    this.#open = '';
    if (this.#lines.length > this.#limit) this.#lines.shift();
  }
}

/** Decodes the bytes of several streams, each whole-character. */
export class StreamDecoders {
  readonly #decoders = new Map<string, StringDecoder>();

  /** The characters that are complete now. */
  decode(stream: string, piece: Uint8Array): string {
    const decoder = this.#decoders.get(stream) ?? new StringDecoder('utf8');
    this.#decoders.set(stream, decoder);
    return decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }

  /** What was left undecided, as replacement characters. */
  end(stream: string): string {
    const rest = this.#decoders.get(stream)?.end() ?? '';
    this.#decoders.delete(stream);
    return rest;
  }
}

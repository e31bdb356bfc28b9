import { StringDecoder } from 'node:string_decoder';

/** Keeps the last part of an output, in bounded memory: a ring that grows up to its limit. */
export class OutputTail {
  readonly #limit: number;
  #ring = Buffer.alloc(0);
  #total = 0;

  /** @param limit bytes that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Add a piece. */
  push(piece: Uint8Array): void {
    const kept = piece.length > this.#limit ? piece.subarray(piece.length - this.#limit) : piece;
    this.#total += piece.length - kept.length;
    this.#grow(this.#total + kept.length);
    for (let at = 0; at < kept.length; ) {
      const place = this.#total % this.#ring.length;
      const part = kept.subarray(at, at + this.#ring.length - place);
      this.#ring.set(part, place);
      this.#total += part.length;
      at += part.length;
    }
  }

  /** Whether something was dropped. */
  get isCut(): boolean {
    return this.#total > this.#limit;
  }

  /** What was kept, from a whole character on. */
  text(): string {
    if (!this.isCut) return this.#ring.toString('utf8', 0, this.#total);
    const place = this.#total % this.#limit;
    const kept = Buffer.concat([this.#ring.subarray(place), this.#ring.subarray(0, place)]);
    let start = 0;
    while (start < 3 && ((kept[start] ?? 0) & 0xc0) === 0x80) start += 1;
    return kept.toString('utf8', start);
  }

  /** Below the limit nothing has wrapped yet, so a larger ring begins with the smaller one. */
  #grow(wanted: number): void {
    if (this.#ring.length >= Math.min(wanted, this.#limit)) return;
    const larger = Buffer.alloc(Math.min(this.#limit, Math.max(wanted, this.#ring.length * 2, 4096)));
    this.#ring.copy(larger);
    this.#ring = larger;
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

/** Bytes that come in pieces of any size, taken in pieces of a wanted one. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** So many bytes without taking them; fewer at the end. */
  async peek(length: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [this.#pending];
    for (let size = this.#pending.length; size < length; ) {
      const { done, value } = await this.#pieces.next();
      if (done === true) break;
      pieces.push(value);
      size += value.length;
    }
    // Once for all of them: whoever sends single bytes does not make us copy what came before each.
    if (pieces.length > 1) this.#pending = Buffer.concat(pieces);
    return this.#pending.subarray(0, length);
  }

  /** So many bytes; fewer at the end. */
  async take(length: number): Promise<Buffer> {
    const taken = await this.peek(length);
    this.#pending = this.#pending.subarray(taken.length);
    return taken;
  }

  /** At most so many bytes, as they come; empty at the end. */
  async some(most: number): Promise<Buffer> {
    if (this.#pending.length === 0) await this.peek(1);
    return this.take(Math.min(most, this.#pending.length));
  }

  /** Everything that is left. */
  async *rest(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const piece = await this.some(Number.POSITIVE_INFINITY);
      if (piece.length === 0) return;
      yield piece;
    }
  }

  /** Nobody takes any more. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

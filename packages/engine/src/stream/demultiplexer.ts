/** Who wrote a piece of output. */
export type OutputStream = 'stdout' | 'stderr';

/** The engine's frames are not what they should be. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const headBytes = 8;

/**
 * Takes the engine's multiplexed output apart (moby `pkg/stdcopy`: one byte stream, three zeros, four bytes big-endian length, payload).
 * Payload is handed on as it comes, so a frame of any size costs no memory and any number of frames no depth; cost is linear in bytes.
 */
export class Demultiplexer {
  readonly #onOutput: (stream: OutputStream, piece: Uint8Array) => void;
  readonly #head = Buffer.alloc(headBytes);
  #headFilled = 0;
  #left = 0;
  #stream: OutputStream | 'error' = 'stdout';
  readonly #system: Buffer[] = [];

  constructor(onOutput: (stream: OutputStream, piece: Uint8Array) => void) {
    this.#onOutput = onOutput;
  }

  /** Take the next chunk, wherever it is cut. @throws FrameError for a head that is none, or an error that the engine sends on stream 3 */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        const piece = chunk.subarray(at, at + headBytes - this.#headFilled);
        this.#head.set(piece, this.#headFilled);
        this.#headFilled += piece.length;
        at += piece.length;
        if (this.#headFilled === headBytes) this.#begin();
        continue;
      }
      const piece = chunk.subarray(at, at + this.#left);
      at += piece.length;
      this.#left -= piece.length;
      this.#take(piece);
    }
  }

  #begin(): void {
    this.#headFilled = 0;
    const kind = this.#head[0] ?? 0;
    if (kind > 3) throw new FrameError(`a frame begins with stream ${kind}, which does not exist`);
    this.#stream = kind === 3 ? 'error' : kind === 2 ? 'stderr' : 'stdout';
    this.#left = this.#head.readUInt32BE(4);
    if (this.#left === 0 && this.#stream === 'error') this.#fail();
  }

  #take(piece: Uint8Array): void {
    if (this.#stream !== 'error') {
      this.#onOutput(this.#stream, piece);
      return;
    }
    if (this.#system.length < 64) this.#system.push(Buffer.from(piece.subarray(0, 1024)));
    if (this.#left === 0) this.#fail();
  }

  #fail(): never {
    throw new FrameError(`the engine reports: ${Buffer.concat(this.#system).toString('utf8').trim()}`);
  }
}

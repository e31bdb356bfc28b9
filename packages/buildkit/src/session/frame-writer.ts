import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { frameHeadSize, frameMessage, writeFrameHead } from './grpc-frames.js';

/** Bytes of small messages that leave together. */
const batchSize = 64 * 1024;
/** A message from this size on is written by itself and not copied. */
const largeSize = 32 * 1024;

/**
 * Frames messages and writes them. Thousands of small ones leave together, out of buffers that are used again: each by itself would cost a system call
 * and its own memory. What is gathered leaves when a buffer is full, or when the caller comes to rest.
 */
export class FrameWriter {
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  readonly #free: Buffer[] = [];
  #batch: Buffer | undefined;
  #used = 0;

  constructor(stream: Writable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
  }

  /** Settles when there is room for the next message; then the bytes are not looked at any more. */
  async write(message: Uint8Array, tail?: Uint8Array): Promise<void> {
    const length = message.length + (tail?.length ?? 0);
    if (length < largeSize) {
      this.#gather(message, tail, length);
    } else {
      this.flush();
      const before = tail === undefined ? new Uint8Array(0) : message;
      const head = frameMessage(before);
      writeFrameHead(head, 0, length);
      this.#stream.write(head);
      await this.#writeThrough(tail ?? message);
    }
    if (this.#stream.writableNeedDrain) await once(this.#stream, 'drain', { signal: this.#signal });
  }

  /** Hand on what is gathered. */
  flush(): void {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    if (this.#stream.destroyed) return;
    this.#stream.write(batch.subarray(0, this.#used), () => this.#free.push(batch));
  }

  #gather(message: Uint8Array, tail: Uint8Array | undefined, length: number): void {
    if (this.#batch !== undefined && this.#used + frameHeadSize + length > batchSize) this.flush();
    if (this.#batch === undefined) {
      this.#batch = this.#free.pop() ?? Buffer.allocUnsafeSlow(batchSize);
      this.#used = 0;
      process.nextTick(() => this.flush());
    }
    writeFrameHead(this.#batch, this.#used, length);
    this.#batch.set(message, this.#used + frameHeadSize);
    if (tail !== undefined) this.#batch.set(tail, this.#used + frameHeadSize + message.length);
    this.#used += frameHeadSize + length;
  }

  async #writeThrough(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const abort = () => reject(this.#signal.reason as Error);
      if (this.#signal.aborted) return abort();
      this.#signal.addEventListener('abort', abort, { once: true });
      this.#stream.write(bytes, (error) => {
        this.#signal.removeEventListener('abort', abort);
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
  }
}

import { Duplex } from 'node:stream';
import type { StreamCall } from '../rpc/channel.js';
import { ProtoWriter, readFields } from '../session/protobuf.js';

/** Bytes of one message; BuildKit takes 16 MiB. */
const messageBytes = 256 * 1024;

/**
 * The stream of `Control/Session` as a connection: bytes travel in messages with one field (`BytesMessage`, field 1). It ends with the call, and
 * destroying it ends the call.
 */
export class SessionConnection extends Duplex {
  readonly #call: StreamCall;
  readonly #incoming: AsyncIterator<Uint8Array>;

  constructor(call: StreamCall) {
    super({ readableHighWaterMark: messageBytes, writableHighWaterMark: messageBytes });
    this.#call = call;
    this.#incoming = call.messages[Symbol.asyncIterator]();
  }

  override _read(): void {
    this.#incoming
      .next()
      .then(({ done, value }) => {
        if (done === true) {
          this.push(null);
          return;
        }
        const bytes = readFields(value).filter(({ number }) => number === 1);
        // A message without bytes is nothing to read: the next one may have some.
        if (bytes.length === 0) this._read();
        for (const field of bytes) this.push(field.bytes);
      })
      // A message that cannot be read ends the connection as one that cannot be had.
      .catch((error: unknown) => this.destroy(error as Error));
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send([chunk]).then(() => done(), done);
  }

  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#send(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#call.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#call.cancel();
    done(error);
  }

  /** Small pieces leave as one message: the inner connection writes heads and bodies apart. */
  async #send(pieces: readonly Uint8Array[]): Promise<void> {
    const all = pieces.length === 1 ? (pieces[0] ?? new Uint8Array(0)) : Buffer.concat(pieces);
    for (let at = 0; at < all.length; at += messageBytes) {
      const part = all.subarray(at, at + messageBytes);
      await this.#call.send(new ProtoWriter().head(1, part.length).finish(), part);
    }
  }
}

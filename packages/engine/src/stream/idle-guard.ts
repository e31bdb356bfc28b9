import type { Readable } from 'node:stream';

/** What watches over a stream. */
export interface IdleGuardOptions {
  /** Longest silence, ms; 0 is none. */
  readonly timeoutMs: number;
  /** The error that ends the stream. */
  readonly error: () => Error;
}

/** The chunks of a stream; a silence over the limit ends it with the error, and an early end of the reader destroys it. */
export async function* guardIdle(
  stream: Readable,
  { timeoutMs, error }: IdleGuardOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const timer = timeoutMs > 0 ? setTimeout(() => stream.destroy(error()), timeoutMs) : undefined;
  try {
    for await (const chunk of stream) {
      timer?.refresh();
      yield chunk as Uint8Array;
    }
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

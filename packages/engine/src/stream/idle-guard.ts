import type { Readable } from 'node:stream';

/** What watches over a stream. */
export interface IdleGuardOptions {
  /** Longest silence, ms; 0 is none. */
  readonly timeoutMs: number;
  /** The error that ends the stream. */
  readonly error: () => Error;
  /** Takes over what counts as a sign of life: the function it is given starts the limit anew. @default every chunk counts */
  readonly onStart?: (touch: () => void) => void;
}

/** The chunks of a stream; a silence over the limit ends it with the error, and an early end of the reader destroys it. */
export async function* guardIdle(
  stream: Readable,
  { timeoutMs, error, onStart }: IdleGuardOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const timer = timeoutMs > 0 ? setTimeout(() => stream.destroy(error()), timeoutMs) : undefined;
  onStart?.(() => timer?.refresh());
  try {
    for await (const chunk of stream) {
      if (onStart === undefined) timer?.refresh();
      yield chunk as Uint8Array;
    }
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

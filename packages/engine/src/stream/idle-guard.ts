import type { Readable } from 'node:stream';

/** What watches over a stream. */
export interface IdleGuardOptions {
  /** Longest silence, ms; 0 is none. */
  readonly timeoutMs: number;
  /** The error that ends the stream. */
  readonly error: () => Error;
  /** Given the function that starts the limit anew, for each sign of life. */
  readonly onStart: (touch: () => void) => void;
  /** Whether the silence is ours: nobody reads, because whoever takes the events is behind. */
  readonly isHeld: () => boolean;
}

/** The chunks of a stream; a silence over the limit ends it with the error, and an early end of the reader destroys it. */
export async function* guardIdle(
  stream: Readable,
  { timeoutMs, error, onStart, isHeld }: IdleGuardOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const onSilence = () => {
    if (isHeld()) timer?.refresh();
    else stream.destroy(error());
  };
  const timer = timeoutMs > 0 ? setTimeout(onSilence, timeoutMs) : undefined;
  onStart(() => timer?.refresh());
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}

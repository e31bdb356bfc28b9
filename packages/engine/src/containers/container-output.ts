import type { Readable } from 'node:stream';
import { Demultiplexer, type OutputStream } from '../stream/demultiplexer.js';
import { StreamDecoders } from '../stream/output-tail.js';

/** Takes the pieces of a container's output, in order. */
export type OutputSink = (stream: OutputStream, piece: Uint8Array) => void;

/** Read a container's output to its end: frames, or raw bytes for a container with a TTY. */
export async function readOutput(stream: Readable, isTty: boolean, sink: OutputSink): Promise<void> {
  const demultiplexer = new Demultiplexer(sink);
  for await (const chunk of stream) {
    if (isTty) sink('stdout', chunk as Uint8Array);
    else demultiplexer.push(chunk as Uint8Array);
  }
}

/** A sink that hands on text, whole characters only; call `end` when the output is over. */
export function textSink(onText: (stream: OutputStream, text: string) => void): { sink: OutputSink; end(): void } {
  const decoders = new StreamDecoders();
  const hand = (stream: OutputStream, text: string): void => {
    if (text !== '') onText(stream, text);
  };
  return {
    sink: (stream, piece) => hand(stream, decoders.decode(stream, piece)),
    end: () => {
      for (const stream of ['stdout', 'stderr'] as const) hand(stream, decoders.end(stream));
    },
  };
}

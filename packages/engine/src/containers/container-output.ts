import type { Readable } from 'node:stream';
import { Demultiplexer, type OutputStream } from '../stream/demultiplexer.js';
import { StreamDecoders } from '../stream/output-tail.js';

/** Takes the pieces of a container's output, in order. */
export type OutputSink = (stream: OutputStream, piece: Uint8Array) => void;

/** As {@link OutputSink}; a promise that it returns is waited for before the next chunk is read. */
export type SlowOutputSink = (stream: OutputStream, piece: Uint8Array) => unknown;

/** Read a container's output to its end: frames, or raw bytes for a container with a TTY. */
export async function readOutput(stream: Readable, isTty: boolean, sink: SlowOutputSink): Promise<void> {
  let taken: unknown;
  const take: OutputSink = (name, piece) => {
    taken = sink(name, piece) ?? taken;
  };
  const demultiplexer = new Demultiplexer(take);
  for await (const chunk of stream) {
    if (isTty) take('stdout', chunk as Uint8Array);
    else demultiplexer.push(chunk as Uint8Array);
    await taken;
    taken = undefined;
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

import type { Readable } from 'node:stream';
import { Demultiplexer, type OutputStream } from '../stream/demultiplexer.js';
import { StreamDecoders } from '@dock/core/internal';

/** Takes the pieces of a container's output, in order. */
export type OutputSink = (stream: OutputStream, piece: Uint8Array) => void;

/** As {@link OutputSink}; a promise that it returns is waited for before the next chunk is read. */
export type SlowOutputSink = (stream: OutputStream, piece: Uint8Array) => unknown;

/** Read a container's output to its end: frames, or raw bytes for a container with a TTY. What `ready` returns is waited for after each chunk. */
export async function readOutput(
  stream: Readable,
  isTty: boolean,
  sink: SlowOutputSink,
  ready?: () => Promise<void> | undefined,
): Promise<void> {
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
    await ready?.();
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

/** Characters of one line that are held until its end comes. */
const longestLine = 1024 * 1024;

/** As {@link textSink}, with whole lines only: a secret that is printed in two pieces is masked as one. A line over 1 MiB is handed on in parts. */
export function lineSink(onLines: (stream: OutputStream, text: string) => void): { sink: OutputSink; end(): void } {
  const held = { stdout: '', stderr: '' };
  const hand = (stream: OutputStream, text: string, rest = ''): void => {
    held[stream] = rest;
    if (text !== '') onLines(stream, text);
  };
  const text = textSink((stream, piece) => {
    const end = piece.lastIndexOf('\n') + 1;
    if (end > 0) hand(stream, held[stream] + piece.slice(0, end), piece.slice(end));
    else if (held[stream].length + piece.length > longestLine) hand(stream, held[stream] + piece);
    else held[stream] += piece;
  });
  return {
    sink: text.sink,
    end: () => {
      text.end();
      for (const stream of ['stdout', 'stderr'] as const) hand(stream, held[stream]);
    },
  };
}

import type { Duplex } from 'node:stream';
import { containerName } from '../containers/container-client.js';
import { readOutput } from '../containers/container-output.js';
import { makeLatch } from '../containers/latch.js';
import type { OutputStream } from '../stream/demultiplexer.js';
import type { EngineConnection } from '../transport/connection.js';

/** How {@link attachContainer} attaches. */
export interface AttachOptions {
  /** Takes the pieces of output, in order; the next is read when it has returned, or what it returned has settled. */
  readonly onOutput: (stream: OutputStream, piece: Uint8Array) => unknown;
  readonly signal?: AbortSignal;
}

/** A live connection to a container's streams. */
export interface Attachment {
  /** Write to standard input; settles when the engine has taken it. Of a connection that is over: false. */
  write(text: string): Promise<boolean>;
  /** Settles when the output is over, for whatever reason: only inspect tells how the container ended. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Attach to all streams of a container by a connection of our own, whose end ends the container's standard input. */
export async function attachContainer(
  connection: EngineConnection,
  id: string,
  { onOutput, signal }: AttachOptions,
): Promise<Attachment> {
  const path = `/containers/${containerName(id)}/attach?stream=1&stdin=1&stdout=1&stderr=1`;
  const attached = makeLatch();
  const own = new AbortController();
  let socket: Duplex | undefined;
  const both = signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]);
  const ended = connection
    .exchange(
      `talking to container "${id}"`,
      { method: 'POST', path, upgrade: 'tcp' },
      { signal: both },
      async (answer) => {
        socket = answer.connection;
        // A write after the other end has gone is told by its own callback.
        socket?.on('error', () => undefined);
        attached.open();
        await readOutput(answer.stream, false, onOutput);
      },
    )
    .catch((error: unknown) => {
      attached.fail(error);
      // After the attachment, the output's end says nothing whatever its form.
    });
  await attached.promise;
  return {
    ended,
    write: (text) =>
      new Promise((resolve) => {
        if (socket === undefined || !socket.writable) resolve(false);
        else socket.write(text, (error) => resolve(error === null || error === undefined));
      }),
    close: () => own.abort(),
  };
}

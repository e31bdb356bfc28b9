import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { FrameWriter } from '../session/frame-writer.js';
import { frameMessage, readMessages } from '../session/grpc-frames.js';
import { outsideHttp2 } from '../session/outside-http2.js';
import { GrpcError, grpcStatus } from '../session/service.js';
import { BrokenCall, CallFailure, ConnectionLost } from './call-failure.js';

/** Bytes that the other side may send before we have read them: a build's log comes faster than 64 KiB can be acknowledged. */
const windowBytes = 4 * 1024 * 1024;

/**
 * Bytes of headers that we take. An error brings the whole Dockerfile along in its trailers; of more than nine frames of 16 KiB Node would end the
 * connection, where a server that knows this limit ends the call only.
 */
const headerBytes = 128 * 1024;

/** CANCEL of HTTP/2. */
const cancelCode = 8;

/** A call with messages in both directions. */
export interface StreamCall {
  /** Metadata of the answer's head has come: the method is running. Rejects as the call does. */
  readonly begun: Promise<void>;
  /** What the other side sends, until it ends the call; throws {@link CallFailure} or {@link ConnectionLost} when it does not end well, RangeError when it cannot be read. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Send one message, in one piece or as its beginning and its `tail`; settles when there is room for the next. */
  send(message: Uint8Array, tail?: Uint8Array): Promise<void>;
  /** Nothing more will be sent. */
  end(): void;
  /** Give the call up. */
  cancel(): void;
}

/** What a call may bring beside its messages. */
export interface CallOptions {
  /** Request headers, lower case. */
  readonly metadata?: Readonly<Record<string, string | string[]>>;
  readonly signal?: AbortSignal | undefined;
}

/** The client side of gRPC on one connection that speaks HTTP/2 with prior knowledge (grpc/doc/PROTOCOL-HTTP2.md). */
export class GrpcChannel {
  readonly #session: ClientHttp2Session;
  readonly #connection: Duplex;
  #fault: Error | undefined;

  constructor(connection: Duplex) {
    this.#connection = connection;
    this.#session = connect('http://buildkit', {
      createConnection: () => connection,
      settings: { enablePush: false, initialWindowSize: windowBytes, maxHeaderListSize: headerBytes },
    });
    this.#session.on('error', (error) => (this.#fault ??= error));
    connection.on('error', (error) => {
      this.#fault ??= error;
      // A refusal by TLS after the handshake ends neither the socket nor what speaks on it.
      void outsideHttp2(() => this.#session.destroy());
    });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(windowBytes));
  }

  /** Settles when the other side has shown that it speaks HTTP/2; rejects when it closes, or says something else. */
  async ready(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const lost = (): void => reject(this.#lost());
      this.#session.once('remoteSettings', () => {
        this.#session.off('close', lost);
        this.#connection.off('error', lost);
        resolve();
      });
      this.#session.once('close', lost);
      this.#connection.once('error', lost);
      if (this.#session.destroyed) lost();
    });
  }

  /** One message there, one back. @throws CallFailure, ConnectionLost, RangeError @param path `/moby.buildkit.v1.Control/Info` */
  async unary(path: string, request: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const call = this.stream(path, options, request);
    let answer: Uint8Array | undefined;
    for await (const message of call.messages) answer ??= message;
    if (answer === undefined) throw new RangeError(`the call "${path}" ended without an answer`);
    return answer;
  }

  /** Open a call. @param only the one message that we send; without it the call is open until it is ended */
  stream(path: string, { metadata = {}, signal }: CallOptions = {}, only?: Uint8Array): StreamCall {
    if (this.#session.destroyed || this.#session.closed) throw this.#lost();
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata,
    });
    const outcome = this.#outcome(stream, path);
    const own = new AbortController();
    const abort = (): void => {
      own.abort(signal?.reason);
      stream.close(cancelCode);
    };
    stream.once('close', () => {
      signal?.removeEventListener('abort', abort);
      own.abort(this.#lost());
    });
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    const writer = new FrameWriter(stream, own.signal);
    if (only !== undefined) stream.end(frameMessage(only));
    return {
      begun: outcome.begun,
      messages: messagesOf(stream, outcome, signal),
      send: async (message, tail) => {
        if (stream.destroyed || stream.writableEnded) throw this.#lost();
        await writer.write(message, tail);
      },
      end: () => {
        writer.flush();
        stream.end();
      },
      cancel: () => stream.close(cancelCode),
    };
  }

  /** End every call and the connection; settles when that is done. */
  async close(): Promise<void> {
    await outsideHttp2(() => {
      this.#session.destroy();
      this.#connection.destroy();
    });
  }

  #lost(): Error {
    const why = this.#fault?.message ?? 'it was closed';
    return new ConnectionLost(
      `the connection to the builder broke: ${why}`,
      this.#fault === undefined ? {} : { cause: this.#fault },
    );
  }

  /** How a call ends: its status comes in the trailers, or in the head when there is nothing else. */
  #outcome(stream: ClientHttp2Stream, path: string): CallOutcome {
    let failure: Error | undefined;
    let isTold = false;
    const take = (headers: IncomingHttpHeaders): void => {
      const status = headers['grpc-status'];
      if (status === undefined || isTold) return;
      isTold = true;
      failure = failureOf(Number(status), headers);
    };
    const begun = new Promise<void>((resolve, reject) => {
      stream.once('response', (headers) => {
        const type = headers['content-type'] ?? '';
        if (!type.startsWith('application/grpc')) {
          isTold = true;
          const code = headers[':status'] === 404 ? grpcStatus.unimplemented : grpcStatus.unknown;
          failure = new BrokenCall(
            code,
            `"${path}" was answered with HTTP ${headers[':status'] ?? ''}, which is no gRPC`,
          );
        } else take(headers);
        if (failure === undefined) resolve();
        else reject(failure);
      });
      stream.once('close', () => reject(failure ?? this.#lost()));
    });
    begun.catch(() => undefined);
    stream.on('trailers', take);
    stream.on('error', (error) => {
      if (!isTold) this.#fault ??= error;
    });
    const closed = new Promise<void>((resolve) => stream.once('close', resolve));
    const untold = (): Error =>
      this.#session.destroyed || stream.rstCode === 0
        ? this.#lost()
        : new BrokenCall(
            grpcStatus.internal,
            `the builder broke the call "${path}" off (HTTP/2 code ${stream.rstCode})`,
          );
    return { begun, closed, failure: () => failure ?? (isTold ? undefined : untold()) };
  }
}

interface CallOutcome {
  readonly begun: Promise<void>;
  readonly closed: Promise<void>;
  /** Once the stream is closed: why the call failed; `undefined` for one that went well. */
  failure(): Error | undefined;
}

async function* messagesOf(
  stream: ClientHttp2Stream,
  outcome: CallOutcome,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    // The stream is kept after an error of ours: destroyed, it would look as if the other side had broken it off.
    yield* readMessages(stream.iterator({ destroyOnReturn: false }));
  } catch (error) {
    signal?.throwIfAborted();
    const told = outcome.failure();
    // A message that is cut, with no status after it, was cut with its connection; one that nobody can read says nothing of the connection.
    const isUnreadable = error instanceof GrpcError && error.code !== grpcStatus.internal;
    if (told instanceof CallFailure || (told !== undefined && !isUnreadable)) throw told;
    if (!(error instanceof GrpcError)) throw error;
    throw new RangeError(`gRPC: ${error.message}`, { cause: error });
  } finally {
    void outsideHttp2(() => stream.destroy());
  }
  await outcome.closed;
  signal?.throwIfAborted();
  const failure = outcome.failure();
  if (failure !== undefined) throw failure;
}

function failureOf(status: number, headers: IncomingHttpHeaders): CallFailure | undefined {
  if (status === grpcStatus.ok) return undefined;
  const message = text(headers['grpc-message']);
  const details = text(headers['grpc-status-details-bin']);
  return new CallFailure(
    Number.isInteger(status) ? status : grpcStatus.unknown,
    percentDecode(message),
    details === '' ? undefined : Buffer.from(details, 'base64'),
  );
}

function text(header: string | string[] | undefined): string {
  return Array.isArray(header) ? (header[0] ?? '') : (header ?? '');
}

/** Words of a status travel percent-encoded; what is no such code stands for itself. */
function percentDecode(encoded: string): string {
  const bytes = Buffer.from(
    encoded.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return bytes.toString('utf8');
}

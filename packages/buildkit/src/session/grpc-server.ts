import {
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { FrameWriter } from './frame-writer.js';
import { readMessages } from './grpc-frames.js';
import { outsideHttp2 } from './outside-http2.js';
import { GrpcError, grpcStatus, type SessionMethod, type SessionService, type SessionStream } from './service.js';

/** BuildKit sends each line of .dockerignore as a header: as much of them as gRPC for Go takes, where Node would take 128 and 64 KiB. */
const headerLimits = {
  settings: { maxHeaderListSize: 16 * 1024 * 1024 },
  maxHeaderListPairs: 1_000_000,
  /** MB. */
  maxSessionMemory: 128,
} as const;

/** A gRPC server on one connection. */
export interface GrpcServer {
  /** Settles when the connection is closed. */
  readonly closed: Promise<void>;
  /** End every call and the connection; settles when that is done. */
  close(): Promise<void>;
}

/** Serve services on a connection that speaks HTTP/2 with prior knowledge; the other side is the client. */
export function serveGrpc(connection: Duplex, services: readonly SessionService[]): GrpcServer {
  const methods = new Map<string, SessionMethod>();
  for (const { name, methods: own } of services)
    for (const [method, handler] of Object.entries(own)) methods.set(`/${name}/${method}`, handler);
  const session: ServerHttp2Session = performServerHandshake(connection, headerLimits);
  const calls = new Set<AbortController>();
  session.on('error', () => undefined);
  connection.on('error', () => undefined);
  const onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
    const call = new AbortController();
    calls.add(call);
    stream.on('error', () => undefined);
    stream.once('close', () => {
      calls.delete(call);
      call.abort(new GrpcError(grpcStatus.cancelled, 'the call is over'));
    });
    void answer(stream, metadataOf(rawHeaders), methods.get(headers[':path'] ?? ''), call.signal);
  };
  // Node hands the raw headers on as a fourth argument; the types of Node 20 leave it out.
  session.on('stream', onStream as (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void);
  const closed = new Promise<void>((resolve) => {
    session.once('close', resolve);
    connection.once('close', () => resolve());
  });
  return {
    closed,
    close: () =>
      outsideHttp2(() => {
        for (const call of calls) call.abort(new GrpcError(grpcStatus.cancelled, 'the session is closed'));
        session.destroy();
        connection.destroy();
      }),
  };
}

async function answer(
  stream: ServerHttp2Stream,
  metadata: ReadonlyMap<string, readonly string[]>,
  method: SessionMethod | undefined,
  signal: AbortSignal,
): Promise<void> {
  let status: Record<string, string>;
  stream.once('wantTrailers', () => stream.sendTrailers(status));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  try {
    if (method === undefined) throw new GrpcError(grpcStatus.unimplemented, 'this session does not offer the method');
    await run(stream, metadata, method, signal);
    status = { 'grpc-status': String(grpcStatus.ok) };
  } catch (error) {
    const code = error instanceof GrpcError ? error.code : grpcStatus.unknown;
    const message = error instanceof Error ? error.message : String(error);
    status = { 'grpc-status': String(code), 'grpc-message': percentEncode(message) };
  }
  if (stream.destroyed) return;
  // What the client still sends is of no use to anybody.
  stream.resume();
  stream.end();
}

async function run(
  stream: ServerHttp2Stream,
  metadata: ReadonlyMap<string, readonly string[]>,
  method: SessionMethod,
  signal: AbortSignal,
): Promise<void> {
  const writer = new FrameWriter(stream, signal);
  const send = async (message: Uint8Array, tail?: Uint8Array): Promise<void> => {
    if (stream.destroyed || stream.writableEnded) throw new GrpcError(grpcStatus.cancelled, 'the call is gone');
    await writer.write(message, tail);
  };
  // A method that leaves its messages early, or one that is malformed, must still get its trailers out: keep the stream.
  const messages = readMessages(stream.iterator({ destroyOnReturn: false }));
  const call: SessionStream = { metadata, signal, messages, send };
  try {
    if (method.kind === 'stream') {
      await method.handle(call);
      return;
    }
    const request = await call.messages[Symbol.asyncIterator]().next();
    if (request.done === true) throw new GrpcError(grpcStatus.invalidArgument, 'a unary call came without its message');
    await send(await method.handle(request.value, call));
  } finally {
    // What was said last must be out before the trailers, also when the method failed: there it says why.
    writer.flush();
  }
}

/** The request headers without HTTP/2's own. From the raw list: Node joins repeated headers with ", ", and a pattern may hold a comma. */
function metadataOf(rawHeaders: readonly string[]): Map<string, string[]> {
  const metadata = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!name.startsWith(':')) metadata.set(name, [...(metadata.get(name) ?? []), rawHeaders[at + 1] ?? '']);
  }
  return metadata;
}

/** Status messages travel percent-encoded (grpc/doc/PROTOCOL-HTTP2.md). */
function percentEncode(text: string): string {
  // By way of bytes: half a surrogate pair would make encodeURIComponent throw.
  return encodeURIComponent(Buffer.from(text.slice(0, 1000)).toString('utf8')).replaceAll('%20', ' ');
}

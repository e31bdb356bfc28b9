import { request as httpRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline, type Duplex, type Readable } from 'node:stream';
import type { EngineEndpoint } from '../endpoint/engine-endpoint.js';

/** One request to the engine's API. */
export interface EngineRequest {
  readonly method: string;
  /** Path with version prefix and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A stream is destroyed when the exchange ends, however it ends. */
  readonly body?: string | Uint8Array | Readable;
  /** Ask for the raw connection by this protocol. */
  readonly upgrade?: 'tcp' | 'h2c';
  readonly signal?: AbortSignal;
}

/** The answer's head; its body, or the raw connection after an upgrade, is read by the caller. */
export interface EngineAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body; for an upgraded connection the connection itself. */
  readonly stream: Readable;
  /** The raw connection, after an upgrade. */
  readonly connection?: Duplex;
}

/** Where an endpoint is and how it is trusted, in the words of Node's sockets. */
export function endpointAddress(endpoint: EngineEndpoint): Record<string, unknown> {
  // Without a server name, Node asks whether the host is an address: compiling that pattern takes longer than the request.
  if (endpoint.kind === 'unix') return { path: endpoint.socketPath, socketPath: endpoint.socketPath, servername: '' };
  const { tls } = endpoint;
  return {
    host: endpoint.hostname,
    port: endpoint.port,
    ...(tls === undefined
      ? {}
      : {
          ca: tls.ca,
          cert: tls.cert,
          key: tls.key,
          rejectUnauthorized: tls.verify,
          ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
        }),
  };
}

function hostHeader(endpoint: EngineEndpoint): string {
  if (endpoint.kind === 'unix') return 'docker';
  const host = endpoint.hostname ?? 'localhost';
  return `${host.includes(':') ? `[${host}]` : host}:${endpoint.port ?? ''}`;
}

/**
 * Send one request over a connection of its own: nothing is pooled, so a connection dies with its call and a restarted engine never meets a
 * stale socket. Redirects are answers like any other. Rejects with the socket's own error, or the signal's reason.
 */
export function sendEngineRequest(endpoint: EngineEndpoint, options: EngineRequest): Promise<EngineAnswer> {
  const { method, path, body, upgrade, signal } = options;
  return new Promise((resolve, reject) => {
    const source = typeof body === 'object' && !(body instanceof Uint8Array) ? body : undefined;
    const bytes = source === undefined ? (body as string | Uint8Array | undefined) : undefined;
    if (signal?.aborted === true) {
      source?.destroy();
      reject(signal.reason);
      return;
    }
    const send = endpoint.tls === undefined ? httpRequest : httpsRequest;
    const request: ClientRequest = send({
      ...endpointAddress(endpoint),
      agent: false,
      method,
      path,
      headers: {
        Host: hostHeader(endpoint),
        ...options.headers,
        ...(bytes === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(bytes)) }),
        ...(bytes === undefined && source === undefined && method === 'POST' ? { 'Content-Length': '0' } : {}),
        ...(upgrade === undefined ? {} : { Connection: 'Upgrade', Upgrade: upgrade }),
      } as Record<string, string>,
    });
    let live: Readable | undefined;
    let isUpgraded = false;
    const abort = (): void => {
      source?.destroy();
      live?.destroy(asError(signal?.reason));
      request.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    const release = (): void => {
      signal?.removeEventListener('abort', abort);
      source?.destroy();
    };
    // An upgraded connection lives on after its request, and so does the signal's hold of it.
    request.once('close', () => {
      if (!isUpgraded) release();
    });
    request.once('error', (error) => {
      release();
      reject(error);
    });
    // An upload error after the answer's head is the body's to report: the daemon may have answered early.
    request.on('error', () => undefined);
    request.once('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      live = socket;
      isUpgraded = true;
      socket.once('close', release);
      if (head.length > 0) socket.unshift(head);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, stream: socket, connection: socket });
    });
    request.once('response', (response) => {
      live = response;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, stream: response });
    });
    if (source === undefined) request.end(bytes);
    else
      pipeline(source, request, (error) => {
        if (error !== null && error !== undefined && live === undefined) {
          request.destroy();
          reject(error);
        }
      });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Read a whole body. @throws RangeError over the limit */
export async function readBody(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) throw new RangeError(`the engine's answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Largest plain answer that is read, bytes. */
/** A request with a JSON body. */
export function postJson(path: string, body: object): Omit<EngineRequest, 'signal'> {
  return { method: 'POST', path, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

const answerLimit = 64 * 1024 * 1024;

/** A plain answer as a value: JSON where its type says so, else text; `undefined` for an empty one. @throws RangeError when it is not what it says */
export async function readAnswer({ stream, headers }: EngineAnswer): Promise<unknown> {
  const text = (await readBody(stream, answerLimit)).toString('utf8');
  if (text === '') return undefined;
  if (headers['content-type']?.includes('json') !== true) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError(`an answer that should be JSON is not: ${JSON.stringify(text.slice(0, 200))}`);
  }
}

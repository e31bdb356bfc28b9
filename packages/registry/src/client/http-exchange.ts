import { pipeline } from 'node:stream';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { SecureContext } from 'node:tls';
import { CallersFailure, type Content, failingAs, readAnswer } from './callers-failure.js';

/** Makes the TLS context on first use: reading all roots takes some 20 ms. */
export type TrustStore = () => Promise<SecureContext | undefined>;

/** Trust CA certificates (PEM) beside Node's own roots. */
export function trustAlso(ca: readonly string[]): TrustStore {
  let context: Promise<SecureContext> | undefined;
  return async () => {
    if (ca.length === 0) return undefined;
    context ??= import('node:tls').then((tls) => tls.createSecureContext({ ca: [...tls.rootCertificates, ...ca] }));
    return context;
  };
}

/** One HTTP request; redirects are not followed. */
export interface ExchangeRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is sent once, and ended with the exchange. */
  readonly body?: string | Uint8Array | Content;
  /** Reads the body of a 200 as it comes; it is then not in the answer. */
  readonly take?: (content: Content) => Promise<void>;
  /** Longest time without a byte in either direction, ms. @default none */
  readonly idleMs?: number;
  /** Whom https trusts. @default Node's own roots */
  readonly trust?: TrustStore;
  readonly verifyTls: boolean;
  /** A longer body is an error. */
  readonly maxBytes: number;
  /** Time for name, connection and TLS together, ms. @default 5000 */
  readonly connectMs?: number;
  readonly signal: AbortSignal;
}

/** Its answer, read to the end. */
export interface Exchange {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const connectLimitMs = 5000;

/** The body was longer than `maxBytes`. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** A transfer without a byte for too long. */
export class IdleDeadline extends Error {
  override readonly name = 'IdleDeadline';

  constructor(idleMs: number) {
    super(`nothing moved for ${idleMs / 1000} s`);
  }
}

function isStream(body: ExchangeRequest['body']): body is Content {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
}

/** No connection in time: a firewall drops what is sent, or a name server is silent. */
export class ConnectDeadline extends Error {
  override readonly name = 'ConnectDeadline';

  constructor(connectMs: number) {
    super(`no connection in ${connectMs / 1000} s`);
  }
}

/** Destroys a request whose connection is not there in time. */
function limitConnecting(sent: ClientRequest, isTls: boolean, connectMs: number): void {
  const timer = setTimeout(() => sent.destroy(new ConnectDeadline(connectMs)), connectMs);
  const release = (): void => clearTimeout(timer);
  sent.once('socket', (socket) => socket.once(isTls ? 'secureConnect' : 'connect', release));
  sent.once('close', release);
}

type StartRequest = (
  url: URL,
  options: RequestOptions,
  onResponse: (response: IncomingMessage) => void,
) => ClientRequest;

async function starter(request: ExchangeRequest): Promise<StartRequest> {
  if (request.url.protocol === 'http:') {
    const http = await import('node:http');
    return (url, options, onResponse) => http.request(url, options, onResponse);
  }
  const [https, secureContext] = await Promise.all([import('node:https'), request.trust?.()]);
  const tls = { ...(secureContext === undefined ? {} : { secureContext }), rejectUnauthorized: request.verifyTls };
  return (url, options, onResponse) => https.request(url, { ...options, ...tls }, onResponse);
}

/**
 * Send one request and read its whole answer. The connection is closed afterwards.
 *
 * @throws whatever node:http raises, {@link ConnectDeadline}, {@link BodyTooLarge}, {@link CallersFailure} for what `take` or a streamed body throws,
 * or the signal's reason
 */
export async function exchange(request: ExchangeRequest): Promise<Exchange> {
  const { url, method, headers, signal, maxBytes } = request;
  signal.throwIfAborted();
  const start = await starter(request);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(signal.aborted ? signal.reason : error);
    };
    const sent = start(
      url,
      { method, headers: { ...headers, connection: 'close' }, agent: false, signal },
      (response) => {
        const head = { url, status: response.statusCode ?? 0, headers: response.headers };
        if (request.take !== undefined && head.status === 200) {
          readAnswer(response, request.take).then(
            () => resolve({ ...head, body: Buffer.alloc(0) }),
            (error: unknown) => {
              fail(error);
              sent.destroy();
            },
          );
          return;
        }
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= maxBytes) chunks.push(chunk);
          else {
            fail(new BodyTooLarge(`more than ${maxBytes} bytes`));
            sent.destroy();
          }
        });
        response.once('error', fail);
        // Whatever ends the answer without "end" must not leave the caller waiting.
        response.once('close', () => fail(new Error('the answer was cut')));
        response.once('end', () => {
          resolve({ ...head, body: Buffer.concat(chunks) });
        });
      },
    );
    sent.on('error', fail);
    limitConnecting(sent, url.protocol === 'https:', request.connectMs ?? connectLimitMs);
    if (request.idleMs !== undefined && request.idleMs > 0)
      sent.setTimeout(request.idleMs, () => sent.destroy(new IdleDeadline(request.idleMs ?? 0)));
    if (isStream(request.body)) {
      const body = failingAs(request.body, (error) => new CallersFailure(error));
      pipeline(body, sent, (error) => error && fail(error));
    } else sent.end(request.body);
  });
}

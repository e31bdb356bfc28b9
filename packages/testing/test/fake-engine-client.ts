import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** An answer with the chunks of its body as they came. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly chunks: readonly Buffer[];
  readonly text: string;
  readonly error?: NodeJS.ErrnoException;
}

/** One request over a unix socket or TCP; a broken body is part of the answer. */
export function call(
  to: { socketPath: string } | { host: string; port: number },
  method: string,
  path: string,
  body?: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ ...to, method, path, headers, agent: false }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      const settle = (error?: NodeJS.ErrnoException) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          chunks,
          text: Buffer.concat(chunks).toString(),
          ...(error === undefined ? {} : { error }),
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', settle);
      response.on('end', () => settle());
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** A hijacked connection. */
export function upgrade(
  socketPath: string,
  path: string,
  protocol = 'tcp',
  body = '',
): Promise<{ headers: IncomingHttpHeaders; socket: Duplex }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      socketPath,
      method: 'POST',
      path,
      agent: false,
      headers: { Connection: 'Upgrade', Upgrade: protocol, 'Content-Length': Buffer.byteLength(body) },
    });
    outgoing.once('upgrade', (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve({ headers: response.headers, socket });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Everything until the end, in the pieces that came. */
export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return chunks;
}

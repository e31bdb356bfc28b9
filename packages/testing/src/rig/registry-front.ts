import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { RegistryRequest } from './rig-registry.js';
import { answerToken, type TokenIssuer } from './token-issuer.js';

/** What the process in front of a registry is started with. */
export interface RegistryFrontOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** File with the port of the registry, written once that is known; absent when only tokens are given. */
  readonly upstreamPortFile?: string;
  readonly requestsFile: string;
  readonly certificate?: { readonly keyFile: string; readonly certFile: string };
  readonly issuer?: TokenIssuer;
}

/** The recorder in front of a registry, which is its token server too. */
export async function startRegistryFront(options: RegistryFrontOptions): Promise<{ port: number }> {
  const listener: RequestListener = (incoming, outgoing) => {
    incoming.socket.setNoDelay(true);
    const note = recorder(options.requestsFile, incoming, outgoing);
    if (incoming.url?.startsWith('/token') === true && options.issuer !== undefined) {
      void giveToken(options.issuer, incoming, outgoing, note);
    } else if (options.upstreamPortFile === undefined) {
      note(404);
      outgoing.writeHead(404).end();
    } else {
      const scheme = options.certificate === undefined ? 'http' : 'https';
      passOn(incoming, outgoing, Number(readFileSync(options.upstreamPortFile, 'utf8')), scheme, note);
    }
  };
  const server =
    options.certificate === undefined
      ? createServer(listener)
      : createTlsServer(
          { key: readFileSync(options.certificate.keyFile), cert: readFileSync(options.certificate.certFile) },
          listener,
        );
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port };
}

async function giveToken(
  issuer: TokenIssuer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  note: Note,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const answer = answerToken(issuer, {
      query: new URL(incoming.url ?? '/', 'http://localhost').searchParams,
      form: new URLSearchParams(incoming.method === 'POST' ? Buffer.concat(chunks).toString() : ''),
      authorization: incoming.headers.authorization,
    });
    note(answer.status);
    outgoing.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer.body));
  } catch {
    incoming.socket.destroy();
  }
}

function passOn(incoming: IncomingMessage, outgoing: ServerResponse, port: number, scheme: string, note: Note): void {
  const headers = { ...incoming.headers, 'x-forwarded-proto': scheme };
  const upstream = request({ host: '127.0.0.1', port, method: incoming.method, path: incoming.url, headers });
  // A registry that breaks off must look so to the client too: no answer is made up.
  const breakOff = () => incoming.socket.destroy();
  upstream.once('error', breakOff);
  upstream.once('response', (response) => {
    note(response.statusCode ?? 502);
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    pipeline(response, outgoing, (error) => {
      if (error) breakOff();
    });
  });
  outgoing.once('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

type Note = (status: number) => void;

/** Writes one line per request before its answer goes out, so that whoever has the answer finds the line; 0 when there never was one. */
function recorder(file: string, incoming: IncomingMessage, outgoing: ServerResponse): Note {
  let isNoted = false;
  const note = (status: number) => {
    if (isNoted) return;
    isNoted = true;
    appendFileSync(file, `${JSON.stringify(requestLine(incoming, status))}\n`);
  };
  outgoing.once('close', () => note(0));
  return note;
}

function requestLine(incoming: IncomingMessage, status: number): RegistryRequest {
  const [scheme = '', credentials = ''] = (incoming.headers.authorization ?? '').split(' ', 2);
  const isBasic = scheme.toLowerCase() === 'basic';
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    status,
    ...(scheme === '' ? {} : { authorization: scheme.toLowerCase() }),
    ...(isBasic ? { user: Buffer.from(credentials, 'base64').toString().split(':')[0] ?? '' } : {}),
    ...(incoming.headers['user-agent'] === undefined ? {} : { userAgent: incoming.headers['user-agent'] }),
    time: Date.now(),
  };
}

import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendFileSync } from 'node:fs';
import type { GitRequest } from './rig-git-server.js';

/** What the git server's process is started with. */
export interface GitHttpOptions {
  /** Directory of the bare repositories. */
  readonly root: string;
  readonly requestsFile: string;
  readonly auth?: { readonly username: string; readonly password: string };
}

/** `git http-backend` (smart http, gitprotocol-http(5)) behind a server on loopback. */
export async function startGitHttp(options: GitHttpOptions): Promise<{ port: number }> {
  const server = createServer((incoming, outgoing) => {
    const note = (status: number) =>
      appendFileSync(options.requestsFile, `${JSON.stringify(requestLine(incoming, status))}\n`);
    if (isAllowed(incoming, options)) return runBackend(incoming, outgoing, options.root, note);
    note(401);
    outgoing.writeHead(401, { 'WWW-Authenticate': 'Basic realm="dock-rig"' }).end('authentication required\n');
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { port: (server.address() as AddressInfo).port };
}

function isAllowed(incoming: IncomingMessage, { auth }: GitHttpOptions): boolean {
  if (auth === undefined) return true;
  const expected = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  return incoming.headers.authorization === `Basic ${expected}`;
}

function runBackend(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  root: string,
  note: (status: number) => void,
): void {
  const { pathname, search } = new URL(incoming.url ?? '/', 'http://localhost');
  const { headers } = incoming;
  // The variables of RFC 3875, and the two that git adds for compressed bodies and protocol version 2.
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      HOME: root,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: incoming.method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: headers['content-type'] ?? '',
      ...(headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: headers['content-length'] }),
      HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
      REMOTE_USER: userOf(incoming) ?? '',
      REMOTE_ADDR: '127.0.0.1',
      SERVER_PROTOCOL: 'HTTP/1.1',
    },
  });
  backend.once('error', () => incoming.socket.destroy());
  backend.stdin.on('error', () => undefined);
  incoming.pipe(backend.stdin);
  outgoing.once('close', () => backend.kill());
  let head = Buffer.alloc(0);
  const readHead = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    backend.stdout.off('data', readHead);
    const fields = parseHead(head.subarray(0, end).toString());
    const status = Number.parseInt(fields.get('status') ?? '200', 10);
    fields.delete('status');
    note(status);
    outgoing.writeHead(status, Object.fromEntries(fields));
    outgoing.write(head.subarray(end + 4));
    backend.stdout.pipe(outgoing);
  };
  backend.stdout.on('data', readHead);
  backend.stdout.once('end', () => {
    if (!outgoing.headersSent) incoming.socket.destroy();
  });
}

function parseHead(text: string): Map<string, string> {
  return new Map(
    text.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function userOf(incoming: IncomingMessage): string | undefined {
  const [scheme, credentials] = (incoming.headers.authorization ?? '').split(' ', 2);
  if (scheme?.toLowerCase() !== 'basic' || credentials === undefined) return undefined;
  return Buffer.from(credentials, 'base64').toString().split(':')[0];
}

function requestLine(incoming: IncomingMessage, status: number): GitRequest {
  const user = userOf(incoming);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    status,
    ...(user === undefined ? {} : { user }),
    time: Date.now(),
  };
}

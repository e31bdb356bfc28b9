import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { addContainerRoutes, type FakeContainerOptions } from './container-routes.js';
import { addImageRoutes } from './image-routes.js';
import type { FakeEngine } from './fake-engine-types.js';
import { errorResponse, jsonResponse, type FakeResponse } from './fake-response.js';
import { readUpgradeBody } from './upgrade-body.js';
import { playBody, type BodyTarget } from './play-body.js';
import { recordBody, recordRequest, type RecordedRequest } from './recorded-request.js';
import { pathRegExp, type Route } from './route.js';
import { makeSocketDir } from '../fault-proxy/socket-dir.js';

/** Options of {@link startFakeEngine}. */
export interface FakeEngineOptions {
  /** @default `1.41` */
  readonly apiVersion?: string;
  /** @default `20.10.24` */
  readonly version?: string;
  /** What `_ping` says of BuildKit: `2` has it, `1` has not. @default `2` */
  readonly builderVersion?: '1' | '2';
  /** @default `overlay2`; an engine with the containerd store says `overlayfs` and a driver type */
  readonly store?: 'classic' | 'containerd';
  /** Bytes of a request's body that are kept. @default 65536 */
  readonly maxBodyBytes?: number;
  /** What every container does. */
  readonly container?: FakeContainerOptions;
}

/** Start an engine that answers on a unix socket with sane defaults, until told otherwise by `on`. */
export async function startFakeEngine(options: FakeEngineOptions = {}): Promise<FakeEngine> {
  const { directory, socketPath } = await makeSocketDir('dock-fake-engine-', 'docker.sock');
  const maxBodyBytes = options.maxBodyBytes ?? 65_536;
  const requests: RecordedRequest[] = [];
  const handlerErrors: unknown[] = [];
  const routes: Route[] = [];
  const sockets = new Set<Socket>();

  const on: FakeEngine['on'] = (method, path, handler, { when = 'body' } = {}) => {
    const answer = typeof handler === 'function' ? handler : () => handler;
    routes.unshift({ method: method.toUpperCase(), path: pathRegExp(path), handler: answer, when, calls: 0 });
  };
  const answerTo = async (request: RecordedRequest, when: Route['when']): Promise<FakeResponse | undefined> => {
    for (const route of routes) {
      const match = route.when === when && route.method === request.method ? route.path.exec(request.path) : null;
      if (match === null) continue;
      request.captures = match.slice(1);
      route.calls += 1;
      try {
        const response = await route.handler(request, route.calls);
        if (response !== undefined) return response;
      } catch (error) {
        handlerErrors.push(error);
        return errorResponse(500, `the handler threw: ${String(error)}`);
      }
    }
    return when === 'body' ? errorResponse(404, 'page not found') : undefined;
  };

  const server = createServer((incoming, outgoing) => {
    const request = recordRequest(incoming.method ?? '', incoming.url ?? '', incoming.headers);
    requests.push(request);
    void (async () => {
      let response = await answerTo(request, 'headers');
      if (response === undefined) {
        if (!(await readBody(incoming, request, maxBodyBytes))) return;
        response = await answerTo(request, 'body');
      }
      if (response !== undefined) await respond(request, response, outgoing);
    })();
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const request = recordRequest(incoming.method ?? '', incoming.url ?? '', incoming.headers);
    requests.push(request);
    void (async () => {
      const body = await readUpgradeBody(incoming.headers, socket, head);
      recordBody(request, body, maxBodyBytes);
      request.isBodyComplete = true;
      const response = (await answerTo(request, 'headers')) ?? (await answerTo(request, 'body'));
      if (response !== undefined) await respondToUpgrade(request, response, socket, incoming.headers.upgrade ?? 'tcp');
    })();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
  });

  addSystemRoutes(on, options);
  addImageRoutes(on);
  addContainerRoutes(on, options.container ?? {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });

  let stopped: Promise<void> | undefined;
  return {
    socketPath,
    host: `unix://${socketPath}`,
    requests,
    handlerErrors,
    on,
    openConnections: () => sockets.size,
    stop: () => {
      stopped ??= (async () => {
        const closed = new Promise((resolve) => server.close(resolve));
        for (const socket of sockets) socket.destroy();
        await closed;
        await rm(directory, { recursive: true, force: true });
      })();
      return stopped;
    },
  };
}

function addSystemRoutes(on: FakeEngine['on'], options: FakeEngineOptions): void {
  const apiVersion = options.apiVersion ?? '1.41';
  const version = options.version ?? '20.10.24';
  const isContainerd = options.store === 'containerd';
  const headers = {
    'Api-Version': apiVersion,
    'Builder-Version': options.builderVersion ?? '2',
    'Docker-Experimental': 'false',
    Ostype: 'linux',
  };
  on('GET', '/_ping', { framing: 'length', headers, body: 'OK' });
  on('HEAD', '/_ping', { framing: 'length', headers });
  on(
    'GET',
    '/version',
    jsonResponse({ Version: version, ApiVersion: apiVersion, MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' }),
  );
  on(
    'GET',
    '/info',
    jsonResponse({
      ID: 'FAKE:ENGINE',
      ServerVersion: version,
      OSType: 'linux',
      Architecture: 'x86_64',
      Driver: isContainerd ? 'overlayfs' : 'overlay2',
      DriverStatus: isContainerd
        ? [['driver-type', 'io.containerd.snapshotter.v1']]
        : [['Backing Filesystem', 'extfs']],
      DockerRootDir: '/var/lib/docker',
      RegistryConfig: { InsecureRegistryCIDRs: ['127.0.0.0/8'], IndexConfigs: {}, Mirrors: [] },
      SecurityOptions: ['name=seccomp,profile=default'],
    }),
  );
}

/** Whether the whole body came; false when the client went away. */
async function readBody(incoming: IncomingMessage, request: RecordedRequest, maxBodyBytes: number): Promise<boolean> {
  try {
    for await (const chunk of incoming) recordBody(request, chunk as Buffer, maxBodyBytes);
  } catch {
    return false;
  }
  request.isBodyComplete = incoming.complete;
  return incoming.complete;
}

async function respond(request: RecordedRequest, response: FakeResponse, outgoing: ServerResponse): Promise<void> {
  request.status = response.status ?? 200;
  const framing = response.framing ?? 'chunked';
  const headers = { ...response.headers };
  const isCut = response.cutAfterBytes !== undefined;
  if (framing === 'length') headers['Content-Length'] ??= String(lengthOf(response));
  if (framing === 'close') {
    outgoing.shouldKeepAlive = false;
    outgoing.removeHeader('Transfer-Encoding');
  }
  outgoing.writeHead(request.status, headers);
  if (!isCut || response.cutAfterBytes !== 0) outgoing.flushHeaders();
  const closed = new Promise((resolve) => outgoing.once('close', resolve));
  const target: BodyTarget = { stream: outgoing, cut: () => outgoing.socket?.destroy(), closed };
  if ((await playBody(target, response.body, response.cutAfterBytes)) === 'ended') outgoing.end();
}

function lengthOf(response: FakeResponse): number {
  const body = response.body ?? [];
  const list = typeof body === 'string' || !Array.isArray(body) ? [body] : body;
  return list.reduce(
    (sum: number, part) => sum + (typeof part === 'string' || part instanceof Uint8Array ? Buffer.byteLength(part) : 0),
    0,
  );
}

async function respondToUpgrade(
  request: RecordedRequest,
  response: FakeResponse,
  socket: Duplex,
  protocol: string,
): Promise<void> {
  const status = response.status ?? 101;
  request.status = status;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const lines =
    status === 101
      ? [
          'HTTP/1.1 101 UPGRADED',
          'Content-Type: application/vnd.docker.raw-stream',
          'Connection: Upgrade',
          `Upgrade: ${protocol}`,
        ]
      : [`HTTP/1.1 ${status} ${status}`, 'Connection: close', 'Content-Type: application/json'];
  for (const [name, value] of Object.entries(response.headers ?? {})) lines.push(`${name}: ${value}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (status === 101 && response.hijack !== undefined) {
    await response.hijack(socket);
    if (!socket.destroyed) socket.end();
    return;
  }
  // On a raw socket only time keeps pieces apart: let the client get at the connection before the first one.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const outcome = await playBody(
    { stream: socket, cut: () => socket.destroy(), closed },
    response.body,
    response.cutAfterBytes,
  );
  if (outcome === 'ended') socket.end();
}

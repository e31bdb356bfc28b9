import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import type { DockError } from '@dock/core';
import { errorOf } from '../../../engine/test/engine-fixture.js';
import { type ConnectedBuilder, connectBuilder } from '../../src/builders/connect-builder.js';
import { describeBuilder } from '../../src/builders/describe-builder.js';
import { serveGrpc } from '../../src/session/grpc-server.js';
import { GrpcError, grpcStatus, type SessionMethod } from '../../src/session/service.js';
import { InfoResponseSchema, ListWorkersResponseSchema } from '../../src/wire/control_pb.js';

let directory = '';
let socketPath = '';
const servers: Server[] = [];
const sockets = new Set<Socket>();
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-probe-'));
  socketPath = join(directory, 'socket');
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  sockets.clear();
  rmSync(directory, { recursive: true });
});

async function listen(server: Server): Promise<void> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(socketPath);
  servers.push(server);
  await once(server, 'listening');
}

const listWorkers = (...record: readonly object[]): SessionMethod => ({
  kind: 'unary',
  handle: async () => toBinary(ListWorkersResponseSchema, create(ListWorkersResponseSchema, { record: [...record] })),
});
const refusing = (status: keyof typeof grpcStatus, words: string): SessionMethod => ({
  kind: 'unary',
  handle: async () => {
    throw new GrpcError(grpcStatus[status], words);
  },
});

/** A server of gRPC with these methods of the control API. */
const serve = (methods: Readonly<Record<string, SessionMethod>>) =>
  listen(createServer((socket) => serveGrpc(socket, [{ name: 'moby.buildkit.v1.Control', methods }])));

async function connect(signal?: AbortSignal): Promise<ConnectedBuilder> {
  const home = { env: {}, homeDir: directory, cwd: '/', hasContext: async () => false };
  const builder = await describeBuilder({ kind: 'address', address: `unix://${socketPath}` }, home);
  const reach = async (): Promise<never> => {
    throw new Error('nobody needs an engine');
  };
  return connectBuilder(builder, { reach, signal });
}
const refusal = (): Promise<DockError> => errorOf(connect());

describe('a BuildKit of its own', () => {
  test('tells its version, and the platforms of its workers once each', async () => {
    const platforms = [
      { os: 'linux', architecture: 'arm64', variant: '' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ];
    const version = { version: 'v0.17.2' };
    await serve({
      ListWorkers: listWorkers({ id: 'a', platforms }, { id: 'b', platforms: platforms.slice(1) }),
      Info: {
        kind: 'unary',
        handle: async () => toBinary(InfoResponseSchema, create(InfoResponseSchema, { buildkitVersion: version })),
      },
    });
    expect((await connect()).nodes).toMatchObject([
      { version: 'v0.17.2', store: undefined, platforms: ['linux/arm64', 'linux/arm/v7'], isPrivate: true },
    ]);
  });

  test('without a worker is refused', async () => {
    await serve({ ListWorkers: listWorkers() });
    expect(await refusal()).toMatchObject({ code: 'BUILDER_NO_WORKER', exitStatus: 2 });
  });

  test.each([
    ['that lacks a call', {}, 'BUILDER_TOO_OLD'],
    ['whose disk is full', { ListWorkers: refusing('unknown', 'write: no space left on device') }, 'DISK_FULL'],
    ['that wants to know who asks', { ListWorkers: refusing('unauthenticated', 'no token') }, 'BUILDER_REFUSED'],
    ['that says no', { ListWorkers: refusing('unavailable', 'going down') }, 'BUILDER_UNREACHABLE'],
  ])('%s has a code of its own, and its name', async (_what, methods, code) => {
    await serve(methods);
    const error = await refusal();
    expect(error).toMatchObject({ code, details: { endpoint: `unix://${socketPath}` } });
    expect(error.message).toContain(`"unix://${socketPath}"`);
  });
});

describe('what is no BuildKit', () => {
  const answers: Record<string, () => Promise<void>> = {
    // In the words of Go's server.
    'another service of gRPC': () =>
      serve({ ListWorkers: refusing('unimplemented', 'unknown service moby.buildkit.v1.Control') }),
    'a server of HTTP/2': () => listen(createHttp2((_ask, answer) => answer.writeHead(404).end()) as unknown as Server),
    'a server of HTTP': () => listen(createHttp((_ask, answer) => answer.writeHead(404).end())),
    'a server that speaks first': () => listen(createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))),
    'a server that hangs up': () => listen(createServer((socket) => socket.destroy())),
    'a server that says nothing': () => listen(createServer()),
  };
  test.each(Object.keys(answers))('%s is told from one', async (what) => {
    await answers[what]?.();
    expect(await refusal()).toMatchObject({ code: 'BUILDER_PROTOCOL', exitStatus: 3, retryable: false });
  });
});

test('who stops waiting gets that, and no connection stays open', async () => {
  await serve({ ListWorkers: { kind: 'unary', handle: () => new Promise(() => undefined) } });
  const caller = new AbortController();
  const connecting = errorOf(connect(caller.signal));
  while (sockets.size === 0) await new Promise((resolve) => setImmediate(resolve));
  caller.abort('SIGINT');
  expect(await connecting).toMatchObject({ code: 'CANCELLED', exitStatus: 130 });
  // However it ends: a reset is an end too.
  for (const socket of sockets) if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
});

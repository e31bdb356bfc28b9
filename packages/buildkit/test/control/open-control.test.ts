import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { DockError } from '@dock/core';
import { startFakeEngine } from '@dock/testing';
import { builderDoor } from '../../../engine/src/build/builder-door.js';
import { EngineConnection } from '../../../engine/src/transport/connection.js';
import { endpointOf, errorOf } from '../../../engine/test/engine-fixture.js';
import { withControl } from '../../src/control/open-control.js';
import { CallFailure } from '../../src/rpc/call-failure.js';
import { serveGrpc } from '../../src/session/grpc-server.js';
import { GrpcError, grpcStatus, type SessionService } from '../../src/session/service.js';
import { InfoResponseSchema, ListWorkersResponseSchema } from '../../src/wire/control_pb.js';

const control: SessionService = {
  name: 'moby.buildkit.v1.Control',
  methods: {
    ListWorkers: {
      kind: 'unary',
      handle: async () =>
        toBinary(ListWorkersResponseSchema, create(ListWorkersResponseSchema, { record: [{ id: 'w' }] })),
    },
    Info: {
      kind: 'unary',
      handle: async () =>
        toBinary(InfoResponseSchema, create(InfoResponseSchema, { buildkitVersion: { version: 'v0.99' } })),
    },
    DiskUsage: {
      kind: 'unary',
      handle: async () => {
        throw new GrpcError(grpcStatus.permissionDenied, 'nothing for you, 100 % sure: ž');
      },
    },
    // Says nothing until it is given up.
    Solve: {
      kind: 'unary',
      handle: (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
          waiting.push(signal);
        }),
    },
  },
};
const refusal = new DockError('BUILDER_REFUSED', 'the other way was asked');
/** Calls of Solve that are open. */
let waiting: AbortSignal[] = [];
let directory = '';
let socketPath = '';
const servers: { close(): unknown }[] = [];
const sockets = new Set<Socket>();

beforeEach(() => {
  waiting = [];
  directory = mkdtempSync(join(tmpdir(), 'dock-control-'));
  socketPath = join(directory, 'socket');
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
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

/** An engine that serves its API and BuildKit's on one socket, without `/grpc` and `/session`, as engines from 29 on may. */
async function newEngine(): Promise<readonly string[]> {
  const requests: string[] = [];
  const api = createHttp((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const headers = { 'Api-Version': '1.52', Ostype: 'linux' };
    response.writeHead(request.url === '/_ping' ? 200 : 404, headers).end();
  });
  await listen(
    createServer((socket) => {
      socket.once('data', (head: Buffer) => {
        socket.pause();
        socket.unshift(head);
        if (head.toString('latin1').startsWith('PRI * HTTP/2.0')) serveGrpc(socket, [control]);
        else {
          api.emit('connection', socket);
          socket.resume();
        }
      });
    }),
  );
  return requests;
}

const door = () => builderDoor(new EngineConnection(endpointOf(socketPath)));

describe('the way to a builder', () => {
  test('is the engine’s own socket where it speaks HTTP/2 there: neither /grpc nor /session is asked for', async () => {
    const requests = await newEngine();
    const found = await withControl(door(), {}, async ({ control: client, way }) => ({
      way,
      workers: await client.listWorkers(),
      version: (await client.info()).buildkitVersion?.version,
    }));
    expect(found).toMatchObject({ way: 'direct', workers: [{ id: 'w' }], version: 'v0.99' });
    expect(requests).toEqual([]);
  });

  test.each([404, 403, 501])('is refused by an answer %i to POST /grpc, with the way that is left', async (status) => {
    const engine = await startFakeEngine();
    try {
      engine.on('POST', '/grpc', { status, headers: { 'Content-Type': 'application/json' }, body: '{"message":"no"}' });
      const connection = new EngineConnection(endpointOf(engine.socketPath));
      const error = await errorOf(withControl(builderDoor(connection), {}, async () => undefined));
      expect(error).toMatchObject({ code: 'BUILDER_REFUSED', exitStatus: 3, retryable: false });
      expect(error.message).toContain(`it answered ${status}`);
      expect(error.hint).toContain('--builder classic');
    } finally {
      await engine.stop();
    }
  });

  test('is not the socket of a server that speaks HTTP/2 and knows nothing of BuildKit', async () => {
    const other = createHttp2((_request, response) => response.writeHead(404).end('not here'));
    await listen(other as unknown as Server);
    const error = await errorOf(withControl(door(), {}, async () => undefined));
    expect(error.code).toBe('DAEMON_PROTOCOL');
  });

  test('a server that says nothing is not waited for', async () => {
    await listen(createServer());
    const error = await errorOf(
      withControl(
        {
          direct: door().direct,
          upgraded: async () => {
            throw refusal;
          },
        },
        {},
        async () => undefined,
      ),
    );
    expect(error).toBe(refusal);
  }, 20_000);
});

describe('a call', () => {
  const failure = async (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

  test('fails with the status and the words of the server', async () => {
    await newEngine();
    const errors = await withControl(door(), {}, async ({ control: client }) => failure(client.diskUsage()));
    expect(errors).toBeInstanceOf(CallFailure);
    expect(errors).toMatchObject({ status: grpcStatus.permissionDenied, message: 'nothing for you, 100 % sure: ž' });
  });

  test('of a method that is not there is told from others', async () => {
    await newEngine();
    const error = await withControl(door(), {}, async ({ control: client }) => {
      const messages = client.status('x');
      return failure(messages.next());
    });
    expect(error).toMatchObject({ isUnknownMethod: true });
  });

  test('that is given up is given up at the server too, and the others go on', async () => {
    await newEngine();
    await withControl(door(), {}, async ({ control: client }) => {
      const caller = new AbortController();
      const solved = failure(client.solve({ ref: 'x' }, { signal: caller.signal }));
      while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const reason = new Error('enough');
      caller.abort(reason);
      expect(await solved).toBe(reason);
      while (waiting[0]?.aborted !== true) await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await client.listWorkers()).toHaveLength(1);
    });
  });

  test('is lost with its connection, as a socket is', async () => {
    await newEngine();
    const lost = await errorOf(
      withControl(door(), {}, async ({ control: client }) => {
        const solved = client.solve({ ref: 'x' });
        while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        for (const socket of sockets) socket.destroy();
        return solved;
      }),
    );
    expect(lost.code).toBe('DAEMON_LOST');
    expect(lost.message).toContain('the connection to the builder broke');
  });
});

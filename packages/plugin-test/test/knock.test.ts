import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Address, knock, knockOnce } from '../src/knock.js';

const servers: Server[] = [];
const sockets = new Set<Socket>();

let isClosing = false;

afterEach(async () => {
  isClosing = true;
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => void server.close(resolve))));
});

async function listen(server: Server): Promise<Address> {
  servers.push(server);
  isClosing = false;
  // One that is accepted after the test would keep the server open.
  server.on('connection', (socket) => (isClosing ? socket.destroy() : sockets.add(socket)));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

const tcp = async (onConnection: (socket: Socket) => void) => listen(createTcpServer(onConnection));
const http = async (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  listen(createServer(answer));

const limits = { signal: new AbortController().signal, timeoutMs: 10_000, isProxied: true };
const service = { kind: 'service', port: 1, statuses: [200] } as const;

describe('a port', () => {
  test('is right when it takes a connection and holds it', async () => {
    expect(await knock(await tcp(() => undefined), service, limits)).toEqual({ isRight: true });
  });

  test('is right when it says something, though it closes then', async () => {
    expect(await knock(await tcp((socket) => socket.end('220 ready')), service, limits)).toEqual({ isRight: true });
  });

  test('is not right when a proxy takes the connection and drops it', async () => {
    const address = await tcp((socket) => socket.destroy());
    expect(await knock(address, service, limits)).toMatchObject({ isRight: false });
    expect(await knock(address, service, { ...limits, isProxied: false })).toEqual({ isRight: true });
  });

  test('is not right when nobody listens', async () => {
    const address = await tcp(() => undefined);
    await new Promise((resolve) => void servers.pop()?.close(resolve));
    expect(await knock(address, service, limits)).toMatchObject({
      isRight: false,
      problem: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await knockOnce(address, limits.signal)).toBe(false);
  });

  test('is given up when the gate is', async () => {
    const address = await tcp(() => undefined);
    expect(await knock(address, service, { ...limits, signal: AbortSignal.abort() })).toMatchObject({ isRight: false });
  });
});

describe('a URL', () => {
  test.each([
    [200, [200], true],
    [204, [200, 204], true],
    [500, [200], false],
    [302, [200], false],
  ])('that answers %i where %j is expected: %s', async (status, statuses, isRight) => {
    const address = await http((_request, response) => response.writeHead(status, { Location: '/elsewhere' }).end());
    expect(await knock(address, { ...service, path: '/', statuses }, limits)).toMatchObject({ isRight, status });
  });

  test('is asked for with its query', async () => {
    const asked: (string | undefined)[] = [];
    const address = await http((request, response) => {
      asked.push(request.url);
      response.end();
    });
    await knock(address, { ...service, path: '/a?b=c' }, limits);
    expect(asked).toEqual(['/a?b=c']);
  });

  test('must hold the expected text', async () => {
    const address = await http((_request, response) => response.end('all is well'));
    const check = { ...service, path: '/' };
    expect((await knock(address, { ...check, body: 'well' }, limits)).isRight).toBe(true);
    expect(await knock(address, { ...check, body: 'ill' }, limits)).toMatchObject({
      isRight: false,
      problem: expect.stringContaining('"ill"'),
    });
  });

  test('that never ends its body is judged by the first MiB', async () => {
    const address = await http((_request, response) => {
      response.write('ready');
      response.write(Buffer.alloc(2 * 1024 * 1024));
    });
    expect(await knock(address, { ...service, path: '/', body: 'ready' }, limits)).toMatchObject({ isRight: true });
  });

  test('that does not answer in time is not right', async () => {
    const address = await http(() => undefined);
    expect(await knock(address, { ...service, path: '/' }, { ...limits, timeoutMs: 400 })).toEqual({
      isRight: false,
      problem: 'no answer in time',
    });
  });
});

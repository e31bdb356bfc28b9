import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startFakeEngine, startFaultProxy, type FakeEngine, type FaultProxy } from '../src/index.js';
import { call, readAll, upgrade } from './fake-engine-client.js';

let engine: FakeEngine;
let proxy: FaultProxy;
let socketPath = '';
beforeEach(async () => {
  engine = await startFakeEngine();
  proxy = await startFaultProxy({ target: engine });
  socketPath = 'socketPath' in proxy.address ? proxy.address.socketPath : '';
});
afterEach(async () => {
  await proxy.stop();
  await engine.stop();
});

const ping = () => call({ socketPath }, 'GET', '/_ping', undefined, { Connection: 'close' });

describe('a fault proxy', () => {
  test('passes everything on when it is not told otherwise, and counts', async () => {
    const answer = await ping();
    expect(answer).toMatchObject({ status: 200, text: 'OK' });
    expect(proxy.url).toBe(`unix://${socketPath}`);
    const [connection] = proxy.connections;
    expect(connection?.number).toBe(1);
    expect(connection?.bytesToTarget).toBeGreaterThan(50);
    expect(connection?.bytesToClient).toBeGreaterThan(100);
  });

  test('passes 8 MiB up to a slow reader without keeping them', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 7);
    await call({ socketPath }, 'POST', '/build', body);
    expect(engine.requests[0]).toMatchObject({ bodyBytes: body.length, isBodyComplete: true });
  });

  test('passes an end on as an end, so that an upgraded connection may half-close', async () => {
    engine.on('POST', '/session', {
      hijack: async (peer) => {
        let received = '';
        peer.on('data', (chunk: Buffer) => (received += chunk.toString()));
        await new Promise((resolve) => peer.once('end', resolve));
        peer.write(`got ${received}`);
      },
    });
    const { socket } = await upgrade(socketPath, '/session', 'h2c');
    socket.end('all of it');
    expect(Buffer.concat(await readAll(socket)).toString()).toBe('got all of it');
  });

  test('splits every byte', async () => {
    engine.on('GET', '/_ping', { framing: 'length', body: 'x'.repeat(500) });
    proxy.splitEveryByte = true;
    const answer = await ping();
    expect(answer.text).toHaveLength(500);
    expect(answer.chunks.length).toBeGreaterThan(100);
  });

  test('delays', async () => {
    proxy.delayMs = 40;
    const started = performance.now();
    await ping();
    expect(performance.now() - started).toBeGreaterThanOrEqual(75);
  });

  test('cuts what is open and lets new connections in', async () => {
    engine.on('GET', '/events', { body: ['{}\n', { stall: true }] });
    const waiting = call({ socketPath }, 'GET', '/events');
    while ((proxy.connections[0]?.bytesToClient ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    proxy.cut();
    expect((await waiting).error?.code).toBe('ECONNRESET');
    expect((await ping()).status).toBe(200);
  });

  test('refuses new connections until it resumes', async () => {
    proxy.cut({ refuseNew: true });
    await expect(ping()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    proxy.resume();
    expect((await ping()).status).toBe(200);
  });

  test('stalls and resumes without losing a byte', async () => {
    proxy.stall();
    let answered = false;
    const answer = ping().then((value) => {
      answered = true;
      return value;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(answered).toBe(false);
    expect(proxy.connections[0]?.bytesToTarget).toBe(0);
    proxy.resume();
    expect((await answer).text).toBe('OK');
  });

  test.each([
    ['toClient', 30],
    ['toTarget', 10],
  ] as const)('drops a connection after bytes %s', async (direction, bytes) => {
    proxy.dropAfter(bytes, direction);
    await expect(ping()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    const connection = proxy.connections[0];
    expect(direction === 'toClient' ? connection?.bytesToClient : connection?.bytesToTarget).toBe(bytes);
    proxy.dropAfter(undefined, direction);
    expect((await ping()).status).toBe(200);
  });

  test('listens on TCP when asked', async () => {
    const tcp = await startFaultProxy({ target: engine, listen: 'tcp' });
    try {
      if (!('port' in tcp.address)) throw new Error('no port');
      expect(tcp.url).toBe(`tcp://127.0.0.1:${tcp.address.port}`);
      expect((await call(tcp.address, 'GET', '/_ping')).text).toBe('OK');
    } finally {
      await tcp.stop();
    }
  });

  test('stop closes connections of a stall and removes its directory', async () => {
    proxy.stall();
    const client: Socket = connect(socketPath);
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.on('error', () => undefined);
    await new Promise((resolve) => client.once('connect', resolve));
    await proxy.stop();
    await closed;
    expect(existsSync(dirname(socketPath))).toBe(false);
  });

  test('a target that is not there ends the client', async () => {
    await engine.stop();
    await expect(ping()).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
  });
});

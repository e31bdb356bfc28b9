import { existsSync, statSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  errorResponse,
  everyByte,
  frames,
  inTurn,
  jsonLines,
  jsonResponse,
  parts,
  splitAt,
  startFakeEngine,
  streamResponse,
  type FakeEngine,
} from '../src/index.js';
import { call, readAll, upgrade } from './fake-engine-client.js';

let engine: FakeEngine;
beforeEach(async () => {
  engine = await startFakeEngine();
});
afterEach(() => engine.stop());

const ask = (method: string, path: string, body?: Uint8Array | string) => call(engine, method, path, body);

describe('the socket', () => {
  test('lies in a directory that only its owner may enter, which is gone after stop', async () => {
    const directory = dirname(engine.socketPath);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(engine.host).toBe(`unix://${engine.socketPath}`);
    await engine.stop();
    await engine.stop();
    expect(existsSync(directory)).toBe(false);
  });

  test('stop ends a stalled request', async () => {
    engine.on('GET', '/events', { body: ['{}\n', parts.stall] });
    const answer = ask('GET', '/events');
    while (engine.requests[0]?.status === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await engine.stop();
    expect((await answer).error?.code).toBe('ECONNRESET');
    expect(engine.openConnections()).toBe(0);
  });
});

describe('the defaults', () => {
  test('answer a ping with the headers that clients negotiate by', async () => {
    const answer = await ask('GET', '/_ping');
    expect(answer.text).toBe('OK');
    expect(answer.headers).toMatchObject({ 'api-version': '1.41', 'builder-version': '2', ostype: 'linux' });
  });

  test('answer version and info of the containerd store', async () => {
    const other = await startFakeEngine({ store: 'containerd', apiVersion: '1.45', version: '26.1.5' });
    try {
      expect(JSON.parse((await call(other, 'GET', '/version')).text)).toMatchObject({
        Version: '26.1.5',
        ApiVersion: '1.45',
      });
      expect(JSON.parse((await call(other, 'GET', '/info')).text)).toMatchObject({
        Driver: 'overlayfs',
        DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
      });
    } finally {
      await other.stop();
    }
  });

  test('build, tag, push, inspect and remove one image', async () => {
    const lines = (await ask('POST', '/v1.41/build?t=', Buffer.alloc(100_000))).text;
    const id = /"aux":\{"ID":"(sha256:[0-9a-f]{64})"\}/.exec(lines)?.[1] ?? '';
    expect(engine.requests[0]).toMatchObject({
      path: '/build',
      apiVersion: '1.41',
      bodyBytes: 100_000,
      isBodyComplete: true,
    });
    expect(engine.requests[0]?.body.length).toBe(65_536);
    expect((await ask('POST', `/images/${id}/tag?repo=127.0.0.1:5000/a/b&tag=1`)).status).toBe(201);
    expect(JSON.parse((await ask('GET', '/images/127.0.0.1:5000/a/b:1/json')).text)).toMatchObject({ Id: id });
    expect((await ask('POST', '/images/127.0.0.1%3A5000%2Fa%2Fb/push?tag=1')).text).toMatch(
      /"aux":\{"Tag":"1","Digest":"sha256:/,
    );
    expect((await ask('DELETE', '/images/127.0.0.1:5000/a/b:1')).status).toBe(200);
    expect((await ask('GET', `/images/${id}/json`)).status).toBe(404);
  });

  test('run a container: attach before start, output in frames, its exit code from wait', async () => {
    const other = await startFakeEngine({
      container: { output: [frames.stdout('out\n'), frames.stderr('err\n')], exitCode: 3, runMs: 20 },
    });
    try {
      const { Id: id } = JSON.parse(
        (await call(other, 'POST', '/containers/create', '{"Image":"busybox:1"}')).text,
      ) as { Id: string };
      const { socket } = await upgrade(other.socketPath, `/containers/${id}/attach?stream=1&stdout=1&stderr=1`);
      const received = readAll(socket);
      const waited = call(other, 'POST', `/containers/${id}/wait?condition=next-exit`);
      expect((await call(other, 'POST', `/containers/${id}/start`)).status).toBe(204);
      expect(JSON.parse((await waited).text)).toMatchObject({ StatusCode: 3 });
      expect(Buffer.concat(await received)).toEqual(Buffer.concat([frames.stdout('out\n'), frames.stderr('err\n')]));
      expect(JSON.parse((await call(other, 'GET', `/containers/${id}/json`)).text)).toMatchObject({
        State: { Status: 'exited', ExitCode: 3, OOMKilled: false },
      });
      expect((await call(other, 'GET', `/containers/${id}/logs?stdout=1`)).text).toContain('err\n');
      expect((await call(other, 'DELETE', `/containers/${id}`)).status).toBe(204);
      expect((await call(other, 'GET', `/containers/${id}/json`)).status).toBe(404);
    } finally {
      await other.stop();
    }
  });

  test('a wait for a container that was never started answers at once, as the engine does', async () => {
    const { Id: id } = JSON.parse((await ask('POST', '/containers/create', '{}')).text) as { Id: string };
    expect(JSON.parse((await ask('POST', `/containers/${id}/wait`)).text)).toMatchObject({ StatusCode: 0 });
  });

  test('a container that runs without end is ended by kill', async () => {
    const other = await startFakeEngine({ container: { runMs: Number.POSITIVE_INFINITY } });
    try {
      const { Id: id } = JSON.parse((await call(other, 'POST', '/containers/create', '{}')).text) as { Id: string };
      await call(other, 'POST', `/containers/${id}/start`);
      const waited = call(other, 'POST', `/containers/${id}/wait`);
      expect((await call(other, 'DELETE', `/containers/${id}`)).status).toBe(409);
      expect((await call(other, 'POST', `/containers/${id}/kill`)).status).toBe(204);
      expect(JSON.parse((await waited).text)).toMatchObject({ StatusCode: 137 });
    } finally {
      await other.stop();
    }
  });

  test('know nothing of other paths', async () => {
    expect(await ask('GET', '/v1.41/nope')).toMatchObject({ status: 404 });
  });
});

describe('scripts', () => {
  test('keep the borders of chunks, down to single bytes of a character', async () => {
    engine.on('POST', '/build', { body: [...splitAt('{"stream":"é"}\n', 12), ...everyByte('äb')] });
    const answer = await ask('POST', '/build');
    expect(answer.chunks.map((chunk) => chunk.toString('hex'))).toEqual(
      [
        Buffer.from('{"stream":"é"}\n').subarray(0, 12),
        Buffer.from('{"stream":"é"}\n').subarray(12),
        Buffer.of(0xc3),
        Buffer.of(0xa4),
        Buffer.from('b'),
      ].map((chunk) => chunk.toString('hex')),
    );
  });

  test('answer the first calls differently from the later ones', async () => {
    const busy = errorResponse(429, 'toomanyrequests');
    engine.on('POST', '/images/{name}/push', inTurn(busy, busy, streamResponse([{ aux: { Digest: 'sha256:1' } }])));
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push((await ask('POST', '/images/a/b/c/push?tag=1')).status);
    expect(statuses).toEqual([429, 429, 200, 200]);
    expect(engine.requests.at(-1)?.captures).toEqual(['a/b/c']);
  });

  test('cut the stream after a number of bytes', async () => {
    engine.on('POST', '/build', { body: jsonLines([{ stream: 'one' }, { stream: 'two' }]), cutAfterBytes: 20 });
    const answer = await ask('POST', '/build');
    expect(answer.error?.code).toBe('ECONNRESET');
    expect(answer.text).toHaveLength(20);
  });

  test('end a truncated body as if it were whole', async () => {
    engine.on('POST', '/build', { framing: 'close', body: '{"stream":"Step 1/2' });
    const answer = await ask('POST', '/build');
    expect(answer.error).toBeUndefined();
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.text).toBe('{"stream":"Step 1/2');
  });

  test('send lines that are no JSON and errors inside a good answer', async () => {
    engine.on(
      'POST',
      '/build',
      streamResponse(['not json', { errorDetail: { message: 'no' }, error: 'no' }, { stream: 'later' }]),
    );
    const answer = await ask('POST', '/build');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('not json\r\n{"errorDetail":{"message":"no"},"error":"no"}\r\n{"stream":"later"}\r\n');
  });

  test('wait as long as they are told', async () => {
    let go: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      go = resolve;
    });
    engine.on('GET', '/events', { body: ['a', parts.delay(20), 'b', parts.until(until), 'c'] });
    const started = performance.now();
    const answer = ask('GET', '/events');
    setTimeout(go, 60);
    expect((await answer).text).toBe('abc');
    expect(performance.now() - started).toBeGreaterThan(50);
  });

  test('answer before the body is read', async () => {
    engine.on('POST', '/build', { ...jsonResponse({ message: 'disk full' }, 500) }, { when: 'headers' });
    const outgoing = httpRequest({
      socketPath: engine.socketPath,
      method: 'POST',
      path: '/build',
      agent: false,
      headers: { 'Transfer-Encoding': 'chunked' },
    });
    outgoing.on('error', () => undefined);
    outgoing.write('first');
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve));
    expect(response.statusCode).toBe(500);
    expect(engine.requests[0]?.isBodyComplete).toBe(false);
    outgoing.destroy();
  });

  test('leave a request to the handler before when they return nothing', async () => {
    engine.on('GET', '/_ping', (_request, count) => (count === 1 ? errorResponse(503, 'not yet') : undefined));
    expect([(await ask('GET', '/_ping')).status, (await ask('GET', '/_ping')).status]).toEqual([503, 200]);
  });

  test('turn a handler that throws into a 500 and keep its error', async () => {
    engine.on('GET', '/_ping', () => {
      throw new Error('my mistake');
    });
    expect((await ask('GET', '/_ping')).status).toBe(500);
    expect(engine.handlerErrors).toEqual([new Error('my mistake')]);
  });

  test('take over the socket of an upgraded connection', async () => {
    engine.on('POST', '/session', {
      hijack: async (socket) => {
        for await (const chunk of socket) {
          socket.write(`got ${String(chunk)}`);
          return;
        }
      },
    });
    const { headers, socket } = await upgrade(engine.socketPath, '/session', 'h2c');
    expect(headers.upgrade).toBe('h2c');
    socket.write('hello');
    expect(Buffer.concat(await readAll(socket)).toString()).toBe('got hello');
  });

  test('split frames where they like on a hijacked connection, and read the JSON that came before it', async () => {
    engine.on('POST', '/exec/{id}/start', { body: everyByte(frames.stdout('é')) });
    const { socket } = await upgrade(engine.socketPath, '/exec/1/start', 'tcp', '{"Detach":false}');
    const received = await readAll(socket);
    expect(Buffer.concat(received)).toEqual(frames.stdout('é'));
    expect(received.length).toBeGreaterThan(4);
    expect(engine.requests.at(-1)?.body.toString()).toBe('{"Detach":false}');
  });
});

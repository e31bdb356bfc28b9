import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { errorResponse, type FakeEngine, parts, startFakeEngine } from '@dock/testing';
import { pingEngine } from '../../src/ping-engine.js';
import { EngineConnection } from '../../src/transport/connection.js';
import { endpointOf, errorOf, portTo } from '../engine-fixture.js';

let engine: FakeEngine;
beforeEach(async () => {
  engine = await startFakeEngine();
});
afterEach(() => engine.stop());

/** Connections that stay open: the engine hears of a closed one a moment after it was closed. */
async function lastingConnections(): Promise<number> {
  const deadline = Date.now() + 10_000;
  while (engine.openConnections() > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  return engine.openConnections();
}

describe('negotiation', () => {
  test.each([
    ['1.41', '1.41'],
    ['1.45', '1.45'],
    ['1.52', '1.45'],
  ])('an engine with API %s is spoken to in %s', async (apiVersion, spoken) => {
    engine.on('GET', '/_ping', { headers: { 'Api-Version': apiVersion, Ostype: 'linux' }, body: 'OK' });
    await (await portTo(engine.socketPath)).describe();
    expect(engine.requests.at(-1)).toMatchObject({ path: '/info', apiVersion: spoken });
  });

  test('asks once', async () => {
    const port = await portTo(engine.socketPath);
    await Promise.all([port.describe(), port.inspectImage('busybox:1'), port.inspectImage('busybox:1')]);
    expect(engine.requests.filter(({ path }) => path === '/_ping')).toHaveLength(1);
  });

  test('refuses an engine that is too old', async () => {
    engine.on('GET', '/_ping', { headers: { 'Api-Version': '1.24' }, body: 'OK' });
    const error = await errorOf((await portTo(engine.socketPath)).describe());
    expect(error).toMatchObject({ code: 'API_VERSION_UNSUPPORTED', details: { engine: '1.24', min: '1.41' } });
  });

  test.each(['1.99', '1.24', 'latest'])(
    'refuses DOCKER_API_VERSION "%s" that the two do not share',
    async (apiVersion) => {
      const endpoint = { ...endpointOf(engine.socketPath), apiVersion };
      const error = await errorOf((await portTo(engine.socketPath, { endpoint })).describe());
      expect(error.code).toBe('API_VERSION_UNSUPPORTED');
      expect(error.message).toContain(`"${apiVersion}"`);
    },
  );

  test('refuses something that is no engine', async () => {
    engine.on('GET', '/_ping', { body: 'hello' });
    const error = await errorOf((await portTo(engine.socketPath)).describe());
    expect(error).toMatchObject({ code: 'DAEMON_UNREACHABLE' });
    expect(error.message).toContain('something else than a Docker Engine');
  });

  test('a failed first call does not spoil the next', async () => {
    const port = await portTo(engine.socketPath);
    engine.on('GET', '/_ping', errorResponse(503, 'starting'));
    expect((await errorOf(port.describe())).code).toBe('DAEMON_ERROR');
    engine.on('GET', '/_ping', { headers: { 'Api-Version': '1.41' }, body: 'OK' });
    expect((await port.describe()).apiVersion).toBe('1.41');
  });
});

test('pingEngine asks one question and no more', async () => {
  expect(await pingEngine(endpointOf(engine.socketPath))).toEqual({
    apiVersion: '1.41',
    negotiated: '1.41',
    osType: 'linux',
    hasBuildkit: true,
    isPodman: false,
  });
  expect(engine.requests.map(({ path }) => path)).toEqual(['/_ping']);
  expect((await errorOf(pingEngine(endpointOf('/nonexistent.sock')))).code).toBe('DAEMON_UNREACHABLE');
});

test.each([
  ['Windows', { Ostype: 'windows' }],
  ['Podman', { Ostype: 'linux', 'Libpod-Api-Version': '4.3.1' }],
])('%s has no BuildKit', async (_name, headers) => {
  engine.on('GET', '/_ping', { headers: { 'Api-Version': '1.41', ...headers }, body: 'OK' });
  expect((await pingEngine(endpointOf(engine.socketPath))).hasBuildkit).toBe(false);
});

describe('no engine', () => {
  test('names endpoint and origin when there is no socket', async () => {
    const error = await errorOf((await portTo('/nonexistent/docker.sock')).describe());
    expect(error).toMatchObject({ code: 'DAEMON_UNREACHABLE', exitStatus: 3, details: { origin: 'test' } });
    expect(error.message).toContain('"unix:///nonexistent/docker.sock" (from test)');
  });

  test('gives up on something that accepts and says nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'dock-silent-'));
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(join(directory, 's'), resolve));
    try {
      const connection = new EngineConnection(endpointOf(join(directory, 's')));
      expect(await errorOf(connection.ping({ timeoutMs: 50 }))).toMatchObject({ code: 'TIMEOUT' });
      connection.close();
    } finally {
      server.close();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('calls', () => {
  test('settle when the body is cut after its head, and say that the engine went away', async () => {
    engine.on('GET', '/images/{name}/json', {
      headers: { 'Content-Type': 'application/json' },
      body: '{"Id": "sha256:',
      cutAfterBytes: 5,
    });
    const error = await errorOf((await portTo(engine.socketPath)).inspectImage('busybox:1'));
    expect(error.code).toBe('DAEMON_LOST');
    expect(error.message).toContain('inspecting image "busybox:1"');
  });

  test('settle at their deadline when the body stalls, and close their connection', async () => {
    engine.on('GET', '/images/{name}/json', { body: ['{', parts.stall] });
    const port = await portTo(engine.socketPath);
    const error = await errorOf(port.inspectImage('busybox:1', { timeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', details: { call: 'inspecting image "busybox:1"' } });
    expect(await lastingConnections()).toBe(0);
  });

  test('settle when they are cancelled', async () => {
    engine.on('GET', '/images/{name}/json', { body: ['{', parts.stall] });
    const port = await portTo(engine.socketPath);
    await port.describe();
    const own = new AbortController();
    const error = errorOf(port.inspectImage('busybox:1', { signal: own.signal }));
    setTimeout(() => own.abort(), 30);
    expect((await error).code).toBe('CANCELLED');
  });

  test('one cancelled caller does not fail another that waits for the same ping', async () => {
    engine.on('GET', '/_ping', { headers: { 'Api-Version': '1.41' }, body: [parts.delay(60), 'OK'] });
    const port = await portTo(engine.socketPath);
    const own = new AbortController();
    const first = errorOf(port.inspectImage('busybox:1', { signal: own.signal }));
    const second = port.inspectImage('busybox:1');
    own.abort();
    expect((await first).code).toBe('CANCELLED');
    expect(await second).toMatchObject({ tags: ['busybox:1'] });
  });

  test('a caller that was cancelled before leaves no rejection behind', async () => {
    const unhandled: unknown[] = [];
    const keep = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', keep);
    try {
      const port = await portTo(join(tmpdir(), 'no-such.sock'));
      expect((await errorOf(port.describe({ signal: AbortSignal.abort() }))).code).toBe('CANCELLED');
      await port.close();
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      process.off('unhandledRejection', keep);
    }
    expect(unhandled).toEqual([]);
  });

  test('a redirect is an error, never followed', async () => {
    engine.on('GET', '/images/{name}/json', { status: 301, headers: { Location: 'http://127.0.0.1:1/' } });
    expect(await errorOf((await portTo(engine.socketPath)).inspectImage('busybox:1'))).toMatchObject({
      code: 'DAEMON_ERROR',
      details: { status: 301 },
    });
  });

  test('an answer that is no JSON is a fault of the protocol', async () => {
    engine.on('GET', '/images/{name}/json', { headers: { 'Content-Type': 'application/json' }, body: '<html>' });
    expect((await errorOf((await portTo(engine.socketPath)).inspectImage('busybox:1'))).code).toBe('DAEMON_PROTOCOL');
  });

  test.each([
    [500, 'write /x: no space left on device', 'DISK_FULL'],
    [400, 'client version 1.45 is too new. Maximum supported API version is 1.41', 'API_VERSION_UNSUPPORTED'],
    [500, 'kaboom', 'DAEMON_ERROR'],
  ])('status %i "%s" is %s', async (status, message, code) => {
    engine.on('GET', '/images/{name}/json', errorResponse(status, message));
    const error = await errorOf((await portTo(engine.socketPath)).inspectImage('busybox:1'));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test.each(['x/../../containers/abc', 'a?force=1', 'a b', 'A', ''])(
    'the name %j never gets into a path',
    async (name) => {
      const port = await portTo(engine.socketPath);
      expect((await errorOf(port.inspectImage(name))).code).toBe('INVALID_IMAGE_NAME');
      expect(engine.requests.filter(({ path }) => path.startsWith('/images'))).toEqual([]);
    },
  );

  test('end when the port is closed', async () => {
    engine.on('GET', '/images/{name}/json', { body: ['{', parts.stall] });
    const port = await portTo(engine.socketPath);
    await port.describe();
    const error = errorOf(port.inspectImage('busybox:1'));
    setTimeout(() => void port.close(), 30);
    expect((await error).code).toBe('CANCELLED');
  });

  test('leave no connection open', async () => {
    const port = await portTo(engine.socketPath);
    await port.describe();
    await port.imageHistory('busybox:1');
    expect(await lastingConnections()).toBe(0);
  });
});

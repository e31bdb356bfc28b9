import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EngineEvent } from '@dock/core';
import {
  errorResponse,
  type FakeEngine,
  frames,
  jsonResponse,
  parts,
  startFakeEngine,
  type FakeContainerOptions,
} from '@dock/testing';
import { identityLabels } from '../../src/containers/identity-labels.js';
import { errorOf, portTo } from '../engine-fixture.js';

const request = { image: 'busybox:1', command: ['true'], role: 'gate', runId: 'run-1' };
const quick = { wait: { pollMs: 50, unreachableMs: 200 } };
let engine: FakeEngine | undefined;
afterEach(() => engine?.stop());

async function start(container: FakeContainerOptions = {}): Promise<FakeEngine> {
  engine = await startFakeEngine({ container });
  return engine;
}

const removed = (fake: FakeEngine): boolean =>
  fake.requests.some(
    ({ method, query }) => method === 'DELETE' && query.get('v') === 'true' && query.get('force') === 'true',
  );

describe('runContainer', () => {
  test('returns exit code and output in order, and removes the container with its volumes', async () => {
    const fake = await start({
      output: [frames.stdout('one\n'), frames.stderr('two\n'), frames.stdout('three\n')],
      exitCode: 4,
    });
    const outcome = await (await portTo(fake.socketPath)).runContainer(request);
    expect(outcome).toMatchObject({ exitCode: 4, output: 'one\ntwo\nthree\n', isOutputCut: false, isOomKilled: false });
    expect(removed(fake)).toBe(true);
  });

  test('attaches and waits before it starts, and lets the engine remove nothing by itself', async () => {
    const fake = await start();
    await (await portTo(fake.socketPath)).runContainer(request);
    const order = fake.requests
      .map(({ path }) => /\/(create|attach|wait|start)$/.exec(path)?.[1])
      .filter((step) => step !== undefined);
    expect(order).toEqual(['create', 'attach', 'wait', 'start']);
    const body = JSON.parse(fake.requests.find(({ path }) => path.endsWith('/create'))?.body.toString() ?? '') as {
      HostConfig: object;
    };
    expect(body.HostConfig).not.toHaveProperty('AutoRemove');
  });

  test('labels the container with run, role and who we are', async () => {
    const fake = await start();
    await (await portTo(fake.socketPath)).runContainer(request);
    const body = JSON.parse(fake.requests.find(({ path }) => path.endsWith('/create'))?.body.toString() ?? '') as {
      Labels: Record<string, string>;
    };
    expect(body.Labels).toMatchObject({
      'io.dock.run': 'run-1',
      'io.dock.role': 'gate',
      'io.dock.pid': String(process.pid),
    });
    expect(body.Labels['io.dock.start']).toMatch(/^\d+$/);
    expect(body.Labels['io.dock.boot']).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.Labels['io.dock.pidns']).toMatch(/^pid:\[\d+\]$/);
  });

  test('tells that the container ran out of memory', async () => {
    const fake = await start({ exitCode: 137, isOomKilled: true });
    expect(await (await portTo(fake.socketPath)).runContainer(request)).toMatchObject({
      exitCode: 137,
      isOomKilled: true,
    });
  });

  test.each([
    ['waits for an engine that tells a moment later that it was for memory', 16_777_216, true],
    ['takes a kill without a memory limit as it is', 0, false],
  ])('%s', async (_, Memory, isOomKilled) => {
    const fake = await start({ exitCode: 137 });
    let looks = 0;
    fake.on('GET', '/containers/{id}/json', () => {
      looks += 1;
      const State = { Status: 'exited', Running: false, ExitCode: 137, OOMKilled: looks > 2 };
      return jsonResponse({ Id: 'c', State, HostConfig: { Memory } });
    });
    const outcome = await (await portTo(fake.socketPath)).runContainer(request);
    expect(outcome).toMatchObject({ exitCode: 137, isOomKilled });
  });

  test('keeps the last MiB of the output', async () => {
    const fake = await start({ output: Array.from({ length: 48 }, () => frames.stdout('x'.repeat(65_536))) });
    const { output, isOutputCut } = await (await portTo(fake.socketPath)).runContainer(request);
    expect({ length: output.length, isOutputCut }).toEqual({ length: 1024 * 1024, isOutputCut: true });
  });

  test('ends at its deadline and removes the container', async () => {
    const fake = await start({ runMs: Number.POSITIVE_INFINITY });
    const error = await errorOf((await portTo(fake.socketPath)).runContainer(request, { timeoutMs: 100 }));
    expect(error.code).toBe('TIMEOUT');
    expect(removed(fake)).toBe(true);
  });

  test('ends when it is cancelled and removes the container', async () => {
    const fake = await start({ runMs: Number.POSITIVE_INFINITY });
    const own = new AbortController();
    const error = errorOf((await portTo(fake.socketPath)).runContainer(request, { signal: own.signal }));
    while (!fake.requests.some(({ path }) => path.endsWith('/start')))
      await new Promise((resolve) => setTimeout(resolve, 10));
    own.abort();
    expect((await error).code).toBe('CANCELLED');
    expect(removed(fake)).toBe(true);
  });

  test('removes the container too when it is cancelled while the engine creates it', async () => {
    const fake = await start();
    let isThere = false;
    fake.on('POST', '/containers/create', async () => {
      await new Promise((resolve) => setTimeout(resolve, 400));
      isThere = true;
      return jsonResponse({ Id: 'c'.repeat(64), Warnings: [] }, 201);
    });
    fake.on('DELETE', '/containers/{id}', () => {
      if (!isThere) return errorResponse(404, 'No such container');
      isThere = false;
      return { status: 204, framing: 'length' };
    });
    const own = new AbortController();
    const port = await portTo(fake.socketPath);
    const error = errorOf(port.runContainer(request, { signal: own.signal }));
    setTimeout(() => own.abort(), 150);
    expect((await error).code).toBe('CANCELLED');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isThere).toBe(false);
  });

  test('ends when the container prints nothing for too long', async () => {
    const fake = await start({ runMs: Number.POSITIVE_INFINITY });
    const error = await errorOf((await portTo(fake.socketPath)).runContainer(request, { idleTimeoutMs: 100 }));
    expect(error.message).toContain('printed nothing for 0.1 s');
    expect(removed(fake)).toBe(true);
  });

  test('hands on whole lines of each stream, and what is left at the end', async () => {
    const output = [
      frames.stdout('one tw'),
      frames.stderr('wrong\n'),
      frames.stdout('o\nthree\nfo'),
      frames.stdout('ur'),
    ];
    const fake = await start({ output });
    const lines: string[] = [];
    const onEvent = (event: EngineEvent) => event.type === 'log' && lines.push(event.message);
    await (await portTo(fake.socketPath)).runContainer(request, { onEvent });
    expect(lines).toEqual(['wrong\n', 'one two\nthree\n', 'four']);
  });

  test('reads no more output while whoever takes the events is behind, and then all of it', async () => {
    // More than one read of the connection can hold.
    const printed = Array.from({ length: 50 }, (_, index) => `${index}`.padEnd(60_000, '.'));
    const fake = await start({ output: printed.map((line) => frames.stdout(`${line}\n`)) });
    let text = '';
    let meanwhile = '';
    const behind = new Promise<void>((resolve) => {
      setTimeout(() => {
        meanwhile = text;
        resolve();
      }, 1000);
    });
    await (await portTo(fake.socketPath)).runContainer(request, {
      // Shorter than the wait: that nobody reads is no silence of the container.
      idleTimeoutMs: 400,
      onEvent: (event) => {
        if (event.type === 'log') text += event.message;
        return meanwhile === '' ? behind : undefined;
      },
    });
    expect(meanwhile.length).toBeLessThan(text.length);
    expect(text === `${printed.join('\n')}\n`).toBe(true);
  });

  test('an engine that does not take the wait starts nothing, and says why', async () => {
    const fake = await start();
    fake.on('POST', '/containers/{name}/wait', errorResponse(500, 'no waits today'));
    const error = await errorOf((await portTo(fake.socketPath)).runContainer(request));
    expect(error).toMatchObject({ code: 'DAEMON_ERROR', message: expect.stringContaining('no waits today') });
    expect(fake.requests.some(({ path }) => path.endsWith('/start'))).toBe(false);
  });

  test('trusts inspect when the wait never answers and the attachment just ends', async () => {
    const fake = await start({ exitCode: 3, runMs: 80 });
    fake.on('POST', '/containers/{id}/wait', { body: [parts.stall] });
    const port = await portTo(fake.socketPath, quick);
    expect(await port.runContainer(request)).toMatchObject({ exitCode: 3 });
  });

  test('gives up when the engine is gone for too long', async () => {
    const fake = await start({ runMs: Number.POSITIVE_INFINITY });
    const error = errorOf((await portTo(fake.socketPath, quick)).runContainer(request));
    setTimeout(() => void fake.stop(), 150);
    expect(await error).toMatchObject({ code: 'DAEMON_LOST', exitStatus: 3 });
  });

  test.each([
    ['/containers/create', 404, 'No such image: busybox:1', 'IMAGE_NOT_FOUND'],
    ['/containers/create', 500, 'kaboom', 'CONTAINER_FAILED'],
    [/^\/containers\/[^/]+\/start$/, 400, 'exec: "true": executable file not found in $PATH', 'CONTAINER_FAILED'],
  ])('%s that answers %i "%s" is %s', async (path, status, message, code) => {
    const fake = await start();
    fake.on('POST', path, errorResponse(status, message));
    const error = await errorOf((await portTo(fake.socketPath)).runContainer(request));
    expect(error.code).toBe(code);
    expect(removed(fake)).toBe(typeof path !== 'string');
  });

  test('says so when the container cannot be removed', async () => {
    const fake = await start();
    fake.on('DELETE', '/containers/{id}', errorResponse(500, 'device is busy'));
    const events: EngineEvent[] = [];
    const outcome = await (await portTo(fake.socketPath)).runContainer(request, {
      onEvent: (event) => events.push(event),
    });
    expect(outcome.exitCode).toBe(0);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('device is busy') as unknown }),
    );
  });
});

describe('startContainer', () => {
  let fake: FakeEngine;
  beforeEach(async () => {
    fake = await start({ runMs: Number.POSITIVE_INFINITY, output: [frames.stdout('up\n')] });
  });

  test('runs until it is removed, which may be said twice', async () => {
    const container = await (await portTo(fake.socketPath)).startContainer(request);
    expect(await container.state()).toEqual({ isRunning: true });
    expect(await container.output()).toBe('up\n');
    await container.remove();
    await container.remove();
    expect((await errorOf(container.state())).code).toBe('CONTAINER_FAILED');
  });

  test('removes a container that does not start', async () => {
    fake.on('POST', '/containers/{id}/start', errorResponse(500, 'no'));
    expect((await errorOf((await portTo(fake.socketPath)).startContainer(request))).code).toBe('CONTAINER_FAILED');
    expect(removed(fake)).toBe(true);
  });

  test('publishes ports on loopback and tells where', async () => {
    fake.on('GET', '/containers/{id}/json', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        Id: 'x',
        State: { Running: true, Status: 'running', ExitCode: 0 },
        NetworkSettings: {
          Ports: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '32768' }], '81/tcp': null },
          Networks: { bridge: { IPAddress: '172.17.0.2' } },
        },
      }),
    });
    const container = await (await portTo(fake.socketPath)).startContainer({ ...request, publishPorts: ['80/tcp'] });
    expect(container).toMatchObject({ ports: { '80/tcp': { host: '127.0.0.1', port: 32768 } }, address: '172.17.0.2' });
    const body = JSON.parse(fake.requests.find(({ path }) => path.endsWith('/create'))?.body.toString() ?? '') as {
      HostConfig: object;
    };
    expect(body.HostConfig).toMatchObject({ PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } });
  });

  test('refuses a port that is none', async () => {
    expect(
      (await errorOf((await portTo(fake.socketPath)).startContainer({ ...request, publishPorts: ['80'] }))).code,
    ).toBe('INVALID_OPTION');
  });
});

test('identityLabels of a process that is gone hold no start, so nobody takes it for another', async () => {
  expect(await identityLabels(2 ** 22 + 1)).not.toHaveProperty('io.dock.start');
});

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BuildRequest, type BuildResult, type DockEvent, readRunState, type RunnerContext } from '@dock/core';
import { connectEngine } from '@dock/engine';
import {
  type BodyPart,
  errorResponse,
  type FakeEngine,
  type FakeHandler,
  frames,
  jsonResponse,
  startFakeEngine,
  tarArchive,
} from '@dock/testing';
import { hostDocker, type HostDockerOptions } from '../src/index.js';

const runId = '20260101t000000-00000000';
const stamp = { v: 1, time: '2026-01-01T00:00:00.000Z', run: runId } as const;
let directory: string;
let fake: FakeEngine;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-host-docker-test-'));
  writeFileSync(join(directory, 'entry.mjs'), 'export const startInside = () => undefined;\n');
  writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox:1\n');
});
afterEach(async () => {
  await fake.stop();
  rmSync(directory, { recursive: true, force: true });
});

const result: BuildResult = {
  v: 1,
  runId,
  status: 'ok',
  exitStatus: 0,
  runner: 'host-docker',
  publishedState: 'none',
  startedAt: stamp.time,
  durationMs: 1,
  names: [],
  bases: [],
  published: [],
  unpublished: [],
  phases: [],
  plugins: [],
  warnings: [],
  versions: {},
};

/** A fake engine whose build containers print this and leave that result. */
async function startFake(output: readonly BodyPart[], info: object = {}, container: object = {}): Promise<void> {
  fake = await startFakeEngine({ container: { output, ...container } });
  const { DriverStatus: _status, ...more } = { DriverStatus: [], ...info };
  fake.on('PUT', '/containers/{id}/archive', { framing: 'length' });
  fake.on('GET', '/containers/{id}/archive', {
    body: tarArchive([{ path: 'result.json', content: JSON.stringify(result) }]),
  });
  fake.on('GET', '/info', jsonResponse({ ID: 'FAKE', OSType: 'linux', Architecture: 'x86_64', ...more }));
}

async function run(
  options: Partial<HostDockerOptions> = {},
  more: Partial<RunnerContext> = {},
  request: BuildRequest = { source: { kind: 'path', path: '.' } },
): Promise<{ result: BuildResult; events: DockEvent[] }> {
  const events: DockEvent[] = [];
  const outcome = await hostDocker({ buildImage: 'busybox:1', ...options }).run(
    {
      request,
      plugins: [],
      origin: { kind: 'standard' },
      inside: { specifier: './entry.mjs', directory },
    },
    {
      runId,
      cwd: directory,
      env: { PATH: process.env['PATH'] },
      tempDir: directory,
      connectEngine: () =>
        connectEngine({
          endpoint: { kind: 'unix', socketPath: fake.socketPath, url: fake.host, origin: 'test' },
          credentials: { get: async () => undefined },
        }),
      onEvent: (event) => void events.push(event),
      ...more,
    },
  );
  return { result: outcome, events };
}

const line = (value: object) => Buffer.from(`${JSON.stringify(value)}\n`);
const log = (seq: number, message: string) => ({ ...stamp, seq, type: 'log', level: 'info', message });
const end = (seq: number) => ({ ...stamp, seq, type: 'run.end', status: 'ok', exitStatus: 0, durationMs: 1 });

function createdHost(): Record<string, unknown> {
  const created = fake.requests.find(({ path }) => path === '/containers/create');
  return (JSON.parse(created?.body.toString() ?? '{}') as { HostConfig: Record<string, unknown> }).HostConfig;
}

describe('what the build container is like', () => {
  const once = () => [frames.stdout(line(end(1)))];

  test('it has the socket and nothing else of the host, no new privileges, and limits', async () => {
    await startFake(once());
    expect((await run({ memory: 2 ** 30 })).result.status).toBe('ok');
    const host = createdHost();
    expect(host).toMatchObject({
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 4096,
      Memory: 2 ** 30,
      LogConfig: { Type: 'none' },
    });
    expect(host['Mounts']).toMatchObject([
      { Type: 'volume', Target: '/run/dock', VolumeOptions: { Labels: { 'io.dock.run': runId } } },
      { Type: 'bind', Source: '/var/run/docker.sock', Target: '/run/dock/docker.sock' },
    ]);
    for (const key of ['Privileged', 'Binds', 'CapAdd', 'UsernsMode', 'NetworkMode', 'AutoRemove'])
      expect(host).not.toHaveProperty(key);
  });

  test.each([
    ['SELinux', 'name=selinux', { SecurityOpt: ['no-new-privileges', 'label=disable'] }],
    ['user namespaces', 'name=userns', { UsernsMode: 'host' }],
    ['no root', 'name=rootless', { SecurityOpt: ['no-new-privileges'] }],
  ])('on an engine with %s', async (_, option, expected) => {
    await startFake(once(), { SecurityOptions: ['name=seccomp,profile=default', option] });
    await run();
    expect(createdHost()).toMatchObject(expected);
    // The socket of a rootless engine is the one that dock talks to.
    const source = option === 'name=rootless' ? fake.socketPath : '/var/run/docker.sock';
    expect(createdHost()['Mounts']).toMatchObject([{}, { Source: source }]);
  });

  test('where the engine has no socket at the usual place, it gets the one that dock talks to, and then none', async () => {
    await startFake(once());
    const missing = (path: string) =>
      errorResponse(400, `invalid mount config for type "bind": bind source path does not exist: ${path}`);
    const sources: unknown[] = [];
    let isHere = true;
    fake.on('POST', '/containers/create', ({ body }) => {
      const { HostConfig } = JSON.parse(body.toString()) as { HostConfig: { Mounts: { Source: string }[] } };
      const source = HostConfig.Mounts[1]?.Source ?? '';
      sources.push(source);
      return source === fake.socketPath && isHere ? undefined : missing(source);
    });
    expect((await run()).result.status).toBe('ok');
    expect(sources).toEqual(['/var/run/docker.sock', fake.socketPath]);
    isHere = false;
    expect((await run()).result.error).toMatchObject({
      code: 'SOCKET_NOT_FOUND',
      message: `There is no socket "/var/run/docker.sock" or "${fake.socketPath}" on the engine's machine.`,
    });
  });

  test('nothing of the job or of a secret is in what it is created from', async () => {
    await startFake(once());
    await run({ passEnv: ['PATH'] });
    const created = fake.requests.find(({ path }) => path === '/containers/create')?.body.toString();
    expect(JSON.parse(created ?? '')).toMatchObject({ Env: [], Cmd: [], User: '0:0', StdinOnce: true });
    expect(created).not.toContain(process.env['PATH']);
  });
});

describe('the event stream', () => {
  test('arrives whole in frames of one byte each, with output of programs between', async () => {
    const bytes = Buffer.concat([line(log(1, 'grüße 🚢')), line(end(2))]);
    await startFake([...bytes].flatMap((byte) => [frames.stdout(Buffer.of(byte)), frames.stderr('ß')]));
    const { events, result: outcome } = await run();
    expect(outcome.status).toBe('ok');
    const messages = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(messages).toEqual(['grüße 🚢', 'ß'.repeat(bytes.length)]);
  });

  test('of 100,000 lines with characters of several bytes arrives complete and in order', async () => {
    const count = 100_000;
    const lines = Array.from({ length: count }, (_, index) => line(log(index + 1, `Zeile ${index} – ✓`)));
    const all = Buffer.concat([...lines, line(end(count + 1))]);
    const pieces = Array.from({ length: Math.ceil(all.length / 65_521) }, (_, index) =>
      frames.stdout(all.subarray(index * 65_521, (index + 1) * 65_521)),
    );
    await startFake(pieces);
    const { events, result: outcome } = await run();
    expect(outcome.status).toBe('ok');
    const messages = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(messages.length).toBe(count);
    expect(messages.findIndex((message, index) => message !== `Zeile ${index} – ✓`)).toBe(-1);
    expect(events.at(-1)?.seq).toBe(events.length);
  });

  test('that breaks off is an error, though the result is there', async () => {
    await startFake([frames.stdout(line(log(1, 'a')))]);
    const { result: outcome } = await run();
    expect(outcome).toMatchObject({ status: 'failed', exitStatus: 3, error: { code: 'EVENTS_BROKEN' } });
  });

  test('and result that disagree with the exit status are an error', async () => {
    await startFake([frames.stdout(line(end(1)))]);
    fake.on('GET', '/containers/{id}/archive', {
      body: tarArchive([{ path: 'result.json', content: JSON.stringify({ ...result, status: 'failed' }) }]),
    });
    expect((await run()).result.error).toMatchObject({ code: 'RESULT_INVALID', exitStatus: 70 });
  });
});

describe('a build container that does not read its secrets', () => {
  test('is killed after the signals all the same, and removed', async () => {
    await startFake([], {}, { runMs: Number.POSITIVE_INFINITY });
    const cancel = new AbortController();
    const force = new AbortController();
    const killed = new Promise<void>((resolve) => {
      fake.on('POST', '/containers/{id}/kill', () => {
        resolve();
        return undefined;
      });
    });
    // It takes what the buffers hold, and no more.
    fake.on('POST', '/containers/{id}/attach', {
      hijack: async (socket) => {
        await once(socket, 'readable');
        cancel.abort('SIGINT');
        force.abort('SIGINT');
        await killed;
      },
    });
    const context = { signal: cancel.signal, forceSignal: force.signal, env: { SECRET: 's'.repeat(1_000_000) } };
    const { result: outcome } = await run({ passEnv: ['SECRET'] }, context);
    expect(outcome).toMatchObject({ status: 'cancelled', exitStatus: 130 });
    expect(fake.requests.some(({ method, path }) => method === 'DELETE' && path.startsWith('/containers/'))).toBe(true);
  });
});

describe('the build container as an image', () => {
  const request = { source: { kind: 'path', path: '.' }, tags: ['app:1'] } as const;
  const secret = 'ge-heim-7';

  /** A good build whose container is to be pushed, and what becomes of its commit. */
  async function startCommitting(commit: FakeHandler): Promise<void> {
    await startFake([frames.stdout(line({ secret })), frames.stdout(line(end(1)))]);
    fake.on('GET', '/containers/{id}/changes', jsonResponse([]));
    fake.on('POST', '/commit', commit);
  }

  test('is searched for secrets in files of any size', async () => {
    await startCommitting(() => errorResponse(500, 'this is not to be committed'));
    fake.on('GET', '/containers/{id}/changes', jsonResponse([{ Path: '/large', Kind: 1 }]));
    const content = Buffer.concat([Buffer.alloc(65 * 1024 * 1024), Buffer.from(secret)]);
    fake.on('GET', '/containers/{id}/archive', ({ query }) =>
      query.get('path') === '/large' ? { body: tarArchive([{ path: 'large', content }]) } : undefined,
    );
    const { result: outcome } = await run({ pushBuildrootTo: 'localhost:1' }, {}, request);
    expect(outcome.error?.message).toBe('The file "/large" of the build container holds a secret.');
  }, 600_000);

  test('is removed by the name that the commit gave it when the run is cancelled meanwhile', async () => {
    const cancel = new AbortController();
    let isCommitted = false;
    const atRemoval: boolean[] = [];
    await startCommitting(() => {
      cancel.abort('SIGINT');
      const answer = () => {
        isCommitted = true;
        return JSON.stringify({ Id: `sha256:${'c'.repeat(64)}` });
      };
      return { status: 201, body: answer };
    });
    fake.on('DELETE', /^\/images\/(.+)$/, ({ captures: [name] }) => {
      atRemoval.push(isCommitted && name === committedName());
      return jsonResponse([]);
    });
    const { result: outcome } = await run({ pushBuildrootTo: 'localhost:1' }, { signal: cancel.signal }, request);
    expect(outcome.status).toBe('cancelled');
    expect(atRemoval).toEqual([true]);
  });

  test('is noted for dock gc when the engine does not say that it made it', async () => {
    const cancel = new AbortController();
    await startCommitting(() => {
      cancel.abort('SIGINT');
      return { status: 201, body: [{ stall: true }] };
    });
    const context = { signal: cancel.signal, stateDir: directory };
    const { result: outcome } = await run({ pushBuildrootTo: 'localhost:1' }, context, request);
    expect(outcome.status).toBe('cancelled');
    expect(readRunState(join(directory, runId))?.notes).toEqual([{ kind: 'own-name', name: committedName() }]);
  });
});

function committedName(): string {
  const { query } = fake.requests.find(({ path }) => path === '/commit') ?? {};
  return `${query?.get('repo')}:${query?.get('tag')}`;
}

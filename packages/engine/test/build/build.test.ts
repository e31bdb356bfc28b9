import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BuildSpec, type EngineEvent, parseImageReference } from '@dock/core';
import {
  type BodyPart,
  errorResponse,
  everyByte,
  type FakeEngine,
  jsonLines,
  parts,
  startFakeEngine,
  streamResponse,
} from '@dock/testing';
import { credentialsOf, errorOf, portTo, specOf } from '../engine-fixture.js';

const id = `sha256:${'a'.repeat(64)}`;
const json = { headers: { 'Content-Type': 'application/json' } };
let engine: FakeEngine;
let contextDir: string;
beforeEach(async () => {
  engine = await startFakeEngine();
  engine.on('GET', `/images/${id}/json`, {
    ...json,
    body: JSON.stringify({ Id: id, Os: 'linux', Architecture: 'amd64' }),
  });
  contextDir = mkdtempSync(join(tmpdir(), 'dock-build-'));
  writeFileSync(join(contextDir, 'file'), 'x'.repeat(1000));
});
afterEach(async () => {
  rmSync(contextDir, { recursive: true });
  await engine.stop();
});

const spec = (more: Partial<BuildSpec> = {}): BuildSpec =>
  specOf(contextDir, 'FROM busybox:1\nRUN make\n', { builder: 'classic', ...more });
const success = [{ stream: 'Step 1/1 : FROM busybox:1' }, { aux: { ID: id } }];

/** The last word of a FROM, as a base. */
function baseOf(dockerfile: string) {
  const text = dockerfile.trim().split(' ').at(-1) ?? '';
  return { text, reference: parseImageReference(text) };
}

function answer(body: readonly BodyPart[]): void {
  engine.on('POST', '/build', { ...json, body });
}

async function build(more: Partial<BuildSpec> = {}): Promise<EngineEvent[]> {
  const events: EngineEvent[] = [];
  await (await portTo(engine.socketPath)).build(spec(more), { onEvent: (event) => events.push(event) });
  return events;
}

/** Files of a directory that this process holds open. */
function openFiles(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(directory) ? [file] : [];
    } catch {
      return [];
    }
  });
}

describe('a classic build', () => {
  test('takes the image ID of its own stream', async () => {
    answer(jsonLines(success));
    const image = await (await portTo(engine.socketPath)).build(spec());
    expect(image).toEqual({
      place: { kind: 'engine', id, store: 'classic' },
      id,
      store: 'classic',
      configDigest: id,
      platforms: [{ platform: 'linux/amd64', configDigest: id }],
    });
  });

  test('sends options, labels and credentials of the named hosts only, and no name for the image', async () => {
    answer(jsonLines(success));
    const password = '>>>???~~~';
    const credentials = credentialsOf({
      'good.example': { username: 'u', password },
      'other.example': { username: 'o', password: 'other' },
    });
    const given = specOf(contextDir, 'FROM good.example/x:1\n', {
      builder: 'classic',
      labels: { a: 'b' },
      buildArgs: { V: '1' },
      target: 't',
      noCache: true,
    });
    await (await portTo(engine.socketPath, { credentials })).build(given);
    const request = engine.requests.find(({ path }) => path === '/build');
    expect(Object.fromEntries(request?.query ?? [])).toMatchObject({
      labels: '{"a":"b"}',
      buildargs: '{"V":"1"}',
      target: 't',
      nocache: 'true',
      rm: 'true',
      forcerm: 'true',
    });
    expect(request?.query.has('t')).toBe(false);
    const header = String(request?.headers['x-registry-config']);
    expect(header).toMatch(/^[A-Za-z0-9_=-]+$/);
    const sent: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    expect(sent).toEqual({ 'good.example': { username: 'u', password, serveraddress: 'good.example' } });
  });

  test('a stream that ends with 200 and no image ID is a failure', async () => {
    answer(jsonLines([{ stream: 'Step 1/1 : FROM busybox:1' }, { stream: 'Successfully built aaaaaaaaaaaa\n' }]));
    const error = await errorOf(build());
    expect(error).toMatchObject({ code: 'DAEMON_PROTOCOL', exitStatus: 3 });
    expect(error.message).toContain('ended without a result');
  });

  test('the ID of an earlier stage is no result: a stream that ends cleanly between two stages is a failure', async () => {
    answer(
      jsonLines([
        { stream: 'Step 1/3 : FROM busybox:1 AS first' },
        { stream: 'Step 2/3 : RUN make' },
        { aux: { ID: id } },
      ]),
    );
    expect(await errorOf(build())).toMatchObject({ code: 'DAEMON_PROTOCOL', exitStatus: 3 });
  });

  test('nor is it one when the next stage has begun', async () => {
    answer(
      jsonLines([
        { stream: 'Step 1/2 : FROM busybox:1 AS first' },
        { aux: { ID: id } },
        { stream: 'Step 2/2 : FROM busybox:1' },
      ]),
    );
    expect(await errorOf(build())).toMatchObject({ code: 'DAEMON_PROTOCOL' });
  });

  test('a stream that a proxy cuts so that it looks like a clean end is a failure too', async () => {
    engine.on('POST', '/build', { framing: 'close', body: jsonLines(success), cutAfterBytes: 30 });
    expect(['DAEMON_PROTOCOL', 'DAEMON_LOST']).toContain((await errorOf(build())).code);
  });

  test('a stream that breaks is a lost engine', async () => {
    answer([...jsonLines([{ stream: 'Step 1/2 : FROM busybox:1' }]), parts.cut]);
    expect(await errorOf(build())).toMatchObject({ code: 'DAEMON_LOST', retryable: true });
  });

  test.each([
    ['at the end, without newline', ['{"error":"no","errorDetail":{"message":"no"}}']],
    [
      'followed by more lines',
      [...jsonLines([{ error: 'no', errorDetail: { message: 'no' } }, { stream: 'Removing\n' }, { aux: { ID: id } }])],
    ],
  ])('an error %s fails the build with the first error', async (_name, lines) => {
    answer([...jsonLines([{ stream: 'Step 1/2 : FROM busybox:1' }]), ...lines]);
    const error = await errorOf(build());
    expect(error).toMatchObject({ code: 'BUILD_FAILED', details: { engineMessage: 'no' } });
  });

  test('a failed command is named with its status, step and last 20 lines', async () => {
    const lines = Array.from({ length: 40 }, (_value, index) => ({ stream: `line ${index}\n` }));
    const message = "The command '/bin/sh -c make' returned a non-zero code: 3";
    answer(
      jsonLines([
        { stream: 'Step 1/2 : FROM busybox:1' },
        { stream: 'Step 2/2 : RUN make' },
        { stream: ' ---> Running in 0123456789ab\n' },
        ...lines,
        { errorDetail: { code: 3, message }, error: message },
      ]),
    );
    const error = await errorOf(build());
    expect(error).toMatchObject({
      code: 'BUILD_STEP_FAILED',
      exitStatus: 1,
      message: '"RUN make" (step 2/2) failed with exit code 3 (Dockerfile:2).',
    });
    expect(error.details).toMatchObject({ exitCode: 3, step: 2, steps: 2, instruction: 'RUN make' });
    expect(error.details?.logTail).toEqual(lines.slice(-20).map(({ stream }) => stream.trim()));
  });

  test.each([
    ['137', [], /killed \(137\), likely out of memory/],
    ['1', [{ stream: 'tar: write error: No space left on device\n' }], /DISK_FULL/],
  ])('status %s gets a hint', async (code, lines, hint) => {
    const message = `The command '/bin/sh -c make' returned a non-zero code: ${code}`;
    answer(
      jsonLines([
        { stream: 'Step 1/2 : FROM x' },
        { stream: 'Step 2/2 : RUN make' },
        ...lines,
        { errorDetail: { code: Number(code), message }, error: message },
      ]),
    );
    expect((await errorOf(build())).hint).toMatch(hint);
  });

  test('an image that is removed while the builder looks through its cache is no fault of the step', async () => {
    const message = `unable to find image "sha256:${'a'.repeat(64)}"`;
    answer(
      jsonLines([
        { stream: 'Step 1/2 : FROM busybox:1' },
        { stream: 'Step 2/2 : COPY . .' },
        { errorDetail: { message }, error: message },
      ]),
    );
    expect(await errorOf(build())).toMatchObject({
      code: 'BUILD_FAILED',
      retryable: true,
      message: expect.stringContaining(message),
      hint: expect.stringContaining('build again'),
    });
  });

  test.each([
    [400, 'dockerfile parse error line 2: unknown instruction: RUNN', 'DOCKERFILE_SYNTAX'],
    [400, 'dockerfile parse error line 2: Unknown flag: form', 'DOCKERFILE_SYNTAX'],
    [400, 'dockerfile parse error line 2: Unknown flag: link', 'FRONTEND_TOO_OLD'],
    [400, 'the --mount option requires BuildKit', 'FRONTEND_TOO_OLD'],
    [500, 'failed to process "${A%%.*}": missing \':\' in substitution', 'FRONTEND_TOO_OLD'],
    [500, 'Cannot locate specified Dockerfile', 'BUILD_FAILED'],
    [500, 'write /data: no space left on device', 'DISK_FULL'],
    [502, 'no engine behind this proxy', 'DAEMON_ERROR'],
    [503, 'the engine is being moved', 'DAEMON_ERROR'],
  ])('an answer %i "%s" is %s', async (status, message, code) => {
    engine.on('POST', '/build', errorResponse(status, message));
    const error = await errorOf(build());
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test('a question after a build that went well is no failure of the build', async () => {
    answer(jsonLines(success));
    engine.on('GET', `/images/${id}/json`, errorResponse(500, 'the store is broken'));
    const error = await errorOf(build());
    expect(error).toMatchObject({ code: 'DAEMON_ERROR', exitStatus: 3 });
    expect(error.message).toContain('the store is broken');
  });

  test('reads the same events when every byte is its own chunk', async () => {
    const lines = jsonLines([
      { stream: 'Step 1/2 : FROM busybox:1' },
      { stream: '\n' },
      { stream: ' ---> aaaaaaaaaaaa\n' },
      { stream: 'Step 2/2 : RUN make' },
      { stream: ' ---> Running in 0123456789ab\n' },
      { stream: 'žluť 🐳\n' },
      { stream: '\u001b[91moh\n\u001b[0m' },
      { stream: 'Removing intermediate container 0123456789ab\n' },
      { stream: ' ---> bbbbbbbbbbbb\n' },
      'not JSON',
      { aux: { ID: id } },
      { stream: 'Successfully built aaaaaaaaaaaa\n' },
    ]);
    const withoutTimes = (events: readonly EngineEvent[]) => events.map((event) => ({ ...event, durationMs: 0 }));
    answer(lines);
    const whole = await build();
    answer(everyByte(lines.join('')));
    expect(withoutTimes(await build())).toEqual(withoutTimes(whole));
    expect(whole).toMatchObject([
      { type: 'step.start', step: '1', name: 'FROM busybox:1', index: 1, total: 2 },
      { type: 'step.end', step: '1', status: 'ok', isCached: false },
      { type: 'step.start', step: '2', name: 'RUN make', index: 2, total: 2 },
      { type: 'step.log', stream: 'stdout', text: 'žluť 🐳\n' },
      { type: 'step.log', stream: 'stderr', text: 'oh\n' },
      { type: 'step.log', stream: 'stdout', text: 'not JSON\n' },
      { type: 'step.end', step: '2', status: 'ok' },
    ]);
  });

  test('output that looks like the builder’s own words moves no step and names no container', async () => {
    const containers: string[] = [];
    answer(
      jsonLines([
        { stream: 'Step 1/3 : FROM busybox:1' },
        { stream: 'Step 2/3 : RUN evil' },
        { stream: ' ---> Running in 0123456789ab\n' },
        { stream: ' ---> Running in ffffffffffff\n' },
        { stream: 'Step 9/9 : RUN fake\n' },
        { stream: 'Step 3/3 : RUN true' },
        ...success.slice(1),
      ]),
    );
    const port = await portTo(engine.socketPath, { onBuildContainer: (container) => containers.push(container) });
    const events: EngineEvent[] = [];
    await port.build(spec(), { onEvent: (event) => events.push(event) });
    expect(containers).toEqual(['0123456789ab']);
    expect(events.filter(({ type }) => type === 'step.start')).toHaveLength(3);
  });

  test.each([
    ['is removed when the build made it', 0, true],
    ['is named and not touched when it is older', 3_600_000, false],
  ])('a container that the builder left %s', async (_name, ageMs, isRemoved) => {
    const created = new Date(Date.now() - ageMs).toISOString();
    engine.on('GET', '/containers/{id}/json', {
      ...json,
      body: JSON.stringify({ Id: '0123456789ab', Created: created, State: { Running: false } }),
    });
    engine.on('DELETE', '/containers/{id}', { status: 204, framing: 'length' });
    answer(
      jsonLines([
        { stream: 'Step 1/2 : FROM x' },
        { stream: 'Step 2/2 : RUN y' },
        { stream: ' ---> Running in 0123456789ab\n' },
        { error: 'no', errorDetail: { message: 'no' } },
      ]),
    );
    const error = await errorOf(build());
    expect(error.details?.leftContainers).toEqual(isRemoved ? undefined : ['0123456789ab']);
    expect(engine.requests.some(({ method }) => method === 'DELETE')).toBe(isRemoved);
  });

  test.each([
    ['ahead', 3_600_000],
    ['behind', -3_600_000],
  ])('the clock of an engine that is an hour %s tells its own containers from older ones', async (_name, aheadMs) => {
    const now = Date.now() + aheadMs;
    const SystemTime = new Date(now).toISOString();
    engine.on('GET', '/info', { ...json, body: JSON.stringify({ ID: 'E', OSType: 'linux', SystemTime }) });
    engine.on('DELETE', '/containers/{id}', { status: 204, framing: 'length' });
    answer(
      jsonLines([
        { stream: 'Step 1/2 : FROM x' },
        { stream: 'Step 2/2 : RUN y' },
        { stream: ' ---> Running in 0123456789ab\n' },
        { error: 'no', errorDetail: { message: 'no' } },
      ]),
    );
    const left = async (createdMs: number) => {
      engine.on('GET', '/containers/{id}/json', {
        ...json,
        body: JSON.stringify({ Id: '0123456789ab', Created: new Date(createdMs).toISOString(), State: {} }),
      });
      return (await errorOf(build())).details?.leftContainers;
    };
    expect(await left(now)).toBeUndefined();
    expect(await left(now - 120_000)).toEqual(['0123456789ab']);
  });

  test('a size of 0 for /dev/shm is the builder’s own, which no engine refuses', async () => {
    answer(jsonLines(success));
    await (await portTo(engine.socketPath)).build(spec({ shmSize: 0 }));
    expect(engine.requests.find(({ path }) => path === '/build')?.query.get('shmsize')).toBe('0');
  });

  test('a cancelled build ends its request and its upload', async () => {
    engine.on('POST', '/build', { body: [parts.stall] }, { when: 'headers' });
    writeFileSync(join(contextDir, 'big'), Buffer.alloc(20_000_000));
    const own = new AbortController();
    const port = await portTo(engine.socketPath);
    const error = errorOf(port.build(spec(), { signal: own.signal }));
    setTimeout(() => own.abort(), 100);
    expect((await error).code).toBe('CANCELLED');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(openFiles(contextDir)).toEqual([]);
  });

  test('reads no more output while whoever takes the events is behind, and then all of it', async () => {
    answer(
      jsonLines([...success.slice(0, 1), ...Array.from({ length: 50 }, () => ({ stream: 'line\n' })), success[1]!]),
    );
    const texts: string[] = [];
    let meanwhile = -1;
    await (await portTo(engine.socketPath)).build(spec(), {
      // Shorter than the wait: that nobody reads is no silence of the engine.
      idleTimeoutMs: 20,
      onEvent: async (event) => {
        if (event.type !== 'step.log') return;
        texts.push(event.text);
        if (texts.length > 1) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
        meanwhile = texts.length;
      },
    });
    expect([meanwhile, texts.length]).toEqual([1, 50]);
  });

  test('does not wait for a reader when it is cancelled', async () => {
    answer([...jsonLines([...success.slice(0, 1), { stream: 'line\n' }, { stream: 'line\n' }]), parts.stall]);
    const stopping = new AbortController();
    const error = await errorOf(
      (await portTo(engine.socketPath)).build(spec(), {
        signal: stopping.signal,
        onEvent: async (event) => {
          if (event.type !== 'step.log') return;
          stopping.abort('SIGINT');
          await new Promise(() => undefined);
        },
      }),
    );
    expect(error.code).toBe('CANCELLED');
  });

  test('a build that is silent for too long ends', async () => {
    answer([...jsonLines([{ stream: 'Step 1/2 : FROM x' }]), parts.stall]);
    const port = await portTo(engine.socketPath);
    const error = await errorOf(port.build(spec(), { idleTimeoutMs: 50 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', message: 'The build printed nothing for 0.05 s.' });
  });

  test.each([
    ['memory', 'buildkit', { memory: 1 }],
    ['network', 'buildkit', { network: 'mynet' }],
    ['ulimits', 'buildkit', { ulimits: [{ name: 'nofile', soft: 1, hard: 1 }] }],
    ['shmSize', 'buildkit', { shmSize: 1 }],
    ['secrets', 'classic', { secrets: [{ id: 'x', file: '/x' }] }],
    ['platforms', 'classic', { platforms: ['linux/amd64', 'linux/arm64'] }],
  ] as const)('refuses "%s" with the builder %s, which would drop it', async (option, builder, more) => {
    const error = await errorOf(build({ builder, ...more }));
    expect(error).toMatchObject({ code: 'OPTION_UNSUPPORTED', details: { option, builder } });
    expect(engine.requests.some(({ path }) => path === '/build')).toBe(false);
  });

  describe('a base of another platform', () => {
    const image = (Architecture: string) => ({ ...json, body: JSON.stringify({ Id: id, Os: 'linux', Architecture }) });
    const ofBases = (events: readonly EngineEvent[]) =>
      events.flatMap((event) => (event.type === 'warning' && event.message.startsWith('base image') ? [event] : []));
    beforeEach(() => {
      engine.on('GET', '/images/busybox:1/json', image('arm64'));
      engine.on('GET', '/images/debian:12/json', image('amd64'));
    });

    test('is a warning that names it and both platforms, also where the image is for the right one', async () => {
      answer(jsonLines(success));
      const dockerfile = 'FROM busybox:1 AS tools\nRUN make\nFROM debian:12\nCOPY --from=tools /a /a\n';
      expect(ofBases(await build(specOf(contextDir, dockerfile, { builder: 'classic' })))).toEqual([
        {
          type: 'warning',
          message: 'base image "busybox:1" is for "linux/arm64", and the engine is for "linux/amd64"',
          hint: expect.stringContaining('--platform=linux/arm64'),
        },
      ]);
    });

    test('is told too when the build fails, which may be why', async () => {
      const message = "The command '/bin/sh -c make' returned a non-zero code: 1";
      answer(
        jsonLines([{ stream: 'Step 1/2 : FROM busybox:1' }, { stream: 'Step 2/2 : RUN make' }, { error: message }]),
      );
      const events: EngineEvent[] = [];
      const port = await portTo(engine.socketPath);
      await errorOf(port.build(spec(), { onEvent: (event) => events.push(event) }));
      expect(ofBases(events)).toHaveLength(1);
    });

    test.each([
      ['asked for', 'FROM busybox:1\n', { platforms: ['linux/arm64'] }],
      ['named by FROM', 'FROM --platform=linux/arm64 busybox:1\n', {}],
      ['the engine’s own', 'FROM debian:12\n', {}],
      ['not known', 'FROM other:1\n', {}],
    ])('is none when the platform is %s', async (_, text, more) => {
      answer(jsonLines(success));
      const bases = [{ use: 'from' as const, line: 1, ...baseOf(text) }];
      const dockerfile = { path: `${contextDir}/Dockerfile`, text };
      expect(ofBases(await build({ dockerfile, bases, ...more }))).toEqual([]);
    });
  });

  test('warns when the image is for another platform than was asked for', async () => {
    engine.on('POST', '/build', streamResponse(success));
    const events = await build({ platforms: ['linux/arm64'] });
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'warning',
        message: 'the image is for "linux/amd64" though "linux/arm64" was asked for',
      }),
    );
  });
});

describe('a BuildKit build', () => {
  test('is asked for by the control API, and takes the image of its answer', async () => {
    const image = await (await portTo(engine.socketPath)).build(spec({ builder: 'auto' }));
    expect(image).toMatchObject({ store: 'classic', configDigest: image.id, platforms: [{ platform: 'linux/amd64' }] });
    const asked = engine.requests.map(({ method, path }) => `${method} ${path}`);
    expect(asked).toEqual(expect.arrayContaining(['POST /grpc', 'POST /session']));
    expect(asked).not.toContain('POST /build');
  });

  test('is refused where a proxy lets nobody at it, and never made by the other builder instead', async () => {
    engine.on('POST', '/grpc', { ...errorResponse(403, 'not through here') });
    expect(await errorOf(build({ builder: 'auto' }))).toMatchObject({ code: 'BUILDER_REFUSED' });
    expect(engine.requests.map(({ path }) => path)).not.toContain('/build');
  });
});

describe('an image of the containerd store', () => {
  const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
  const manifest = (Kind: string, name: string, architecture: string, annotations?: object) => ({
    Kind,
    Available: true,
    Descriptor: { digest: digest(name), annotations },
    ImageData: Kind === 'image' ? { Platform: { os: 'linux', architecture } } : undefined,
  });
  let newer: FakeEngine;
  beforeEach(async () => {
    newer = await startFakeEngine({ apiVersion: '1.51', version: '28.5.2', store: 'containerd' });
  });
  afterEach(() => newer.stop());

  async function described(Manifests: unknown): Promise<{ image: object; asked: string[] }> {
    newer.on('GET', `/images/${id}/json`, ({ query }) => ({
      ...json,
      body: JSON.stringify({
        Id: id,
        Os: 'linux',
        Architecture: 'amd64',
        ...(query.get('manifests') === '1' ? { Manifests } : {}),
      }),
    }));
    const image = await (await portTo(newer.socketPath)).builtImage(id).catch((error: unknown) => error as object);
    return { image, asked: newer.requests.map(({ path }) => path) };
  }

  test('tells its manifests by one question where the engine can: nothing of it is exported', async () => {
    const { image, asked } = await described([
      manifest('image', 'b', 'amd64', { 'config.digest': digest('c') }),
      manifest('image', 'd', 'arm64', { 'config.digest': digest('e') }),
      manifest('attestation', 'f', 'unknown'),
    ]);
    expect(image).toMatchObject({
      configDigest: digest('c'),
      manifestDigest: id,
      platforms: [
        { platform: 'linux/amd64', configDigest: digest('c'), manifestDigest: digest('b') },
        { platform: 'linux/arm64', configDigest: digest('e'), manifestDigest: digest('d') },
      ],
    });
    expect(asked).not.toContain(`/images/${id}/get`);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['nonsense', 'x'],
    ['no configuration', [manifest('image', 'b', 'amd64')]],
    [
      'a configuration of some only',
      [manifest('image', 'b', 'amd64', { 'config.digest': digest('c') }), null, {}, manifest('image', 'd', 'arm64')],
    ],
    ['attestations only', [manifest('attestation', 'b', 'amd64')]],
  ])('is read itself where the engine tells %s', async (_name, told) => {
    const { image, asked } = await described(told);
    expect(asked).toContain(`/images/${id}/get`);
    // The fake has no export.
    expect(image).toMatchObject({ code: 'DAEMON_ERROR' });
  });
});

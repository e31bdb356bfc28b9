import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type BuildSpec,
  type EngineImage,
  type EngineEvent,
  type EnginePort,
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '@dock/core';
import {
  engineKinds,
  baseImage,
  engineRequest,
  sharedEngine,
  sharedRegistry,
  type SharedRigEngine,
  type SharedRigRegistry,
} from '@dock/testing';
import { createRegistryClient } from '@dock/registry';
import { credentialsOf, errorOf, portTo, specOf } from './engine-fixture.js';

let contextDir: string;
beforeAll(() => {
  contextDir = mkdtempSync(join(tmpdir(), 'dock-port-rig-'));
  writeFileSync(join(contextDir, 'file'), 'content\n');
});
afterAll(() => rmSync(contextDir, { recursive: true }));

const text = 'FROM busybox:1\nARG WHO=nobody\nCOPY file /file\nRUN cat /file; echo "$WHO" >&2\n';
const engines = engineKinds();

/** The API that is spoken with each: the newest that both sides know. */
const apiVersions = { '20.10': '1.41', '26': '1.45', '28': '1.45', podman: '1.44' } as const;

/** Whether an engine has a container; other test files use the same engine, so only our own are asked for. */
async function hasContainer(engine: SharedRigEngine, id: string): Promise<boolean> {
  return (await engineRequest(engine.socketPath, 'GET', `/containers/${id}/json`)).status !== 404;
}

/** The containers of a run. */
async function containersOf(engine: SharedRigEngine, runId: string): Promise<unknown[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`io.dock.run=${runId}`] }));
  return (
    await engineRequest(engine.socketPath, 'GET', `/containers/json?all=1&filters=${filters}`)
  ).json() as unknown[];
}

describe.each(engines)('Engine $version with the $store store', ({ version, store, builders }) => {
  let engine: SharedRigEngine;
  let registry: SharedRigRegistry;
  let port: EnginePort;
  const stepContainers: string[] = [];
  beforeAll(async () => {
    [engine, registry] = await Promise.all([sharedEngine({ version, store }), sharedRegistry()]);
    await baseImage(engine);
    port = await portTo(engine.socketPath, { onBuildContainer: (id) => stepContainers.push(id) });
  }, 120_000);
  afterAll(() => port.close());

  const name = (tag: string): ImageReference => parseImageReference(`${registry.host}/port-${version}-${store}:${tag}`);
  const build = (more: Partial<BuildSpec> = {}, onEvent?: (event: EngineEvent) => void): Promise<EngineImage> =>
    port.build(specOf(contextDir, text, more), onEvent === undefined ? {} : { onEvent });

  test('says what it is', async () => {
    const description = await port.describe();
    expect(description).toMatchObject({
      store,
      platform: 'linux/amd64',
      hasBuildkit: builders.includes('buildkit'),
      apiVersion: apiVersions[version],
    });
    expect(description.version).toMatch(version === 'podman' ? /^\d+\.\d+\.\d+/ : new RegExp(`^${version}\\.`));
    expect(description.insecureRegistries).toContain('127.0.0.0/8');
  });

  test.each(builders)('builds with %s: steps, output, labels, args, and no name', async (builder) => {
    const events: EngineEvent[] = [];
    const who = `${builder}-${Math.random()}`;
    const image = await build({ builder, buildArgs: { WHO: who }, labels: { made: 'here' } }, (event) =>
      events.push(event),
    );
    const details = await port.inspectImage(image.id);
    expect(details).toMatchObject({ id: image.id, tags: [], labels: { made: 'here' }, platform: 'linux/amd64' });
    expect(image.store).toBe(store);
    expect(image.platforms).toHaveLength(1);
    expect(image.configDigest === image.id).toBe(store === 'classic');
    const logs = events.filter((event) => event.type === 'step.log');
    expect(
      logs
        .filter(({ stream }) => stream === 'stdout')
        .map((event) => event.text)
        .join(''),
    ).toBe('content\n');
    expect(
      logs
        .filter(({ stream }) => stream === 'stderr')
        .map((event) => event.text)
        .join(''),
    ).toBe(`${who}\n`);
    const starts = events.filter((event) => event.type === 'step.start').map(({ step }) => step);
    const ends = events.filter((event) => event.type === 'step.end').map(({ step }) => step);
    expect([...ends].sort()).toEqual([...starts].sort());
    expect(events.filter((event) => event.type === 'step.end' && event.status === 'failed')).toEqual([]);
  });

  test.each(builders)('the second %s build is the same image, from the cache', async (builder) => {
    const first = await build({ builder });
    const events: EngineEvent[] = [];
    const second = await build({ builder }, (event) => events.push(event));
    expect(second.configDigest).toBe(first.configDigest);
    const ended = new Map(
      events.filter((event) => event.type === 'step.end').map((event) => [event.step, event.isCached]),
    );
    const runs = events
      .filter((event) => event.type === 'step.start')
      .filter(({ name: instruction }) => instruction.includes('RUN cat'));
    expect(runs.map(({ step }) => ended.get(step))).toEqual([true]);
  });

  test.each(builders)('a failed RUN of a %s build is named, and nothing is left', async (builder) => {
    stepContainers.length = 0;
    const error = await errorOf(
      build({ ...specOf(contextDir, 'FROM busybox:1\nRUN echo one; echo two; exit 3\n'), builder }),
    );
    expect(error).toMatchObject({
      code: 'BUILD_STEP_FAILED',
      exitStatus: 1,
      details: { exitCode: 3, step: 2, logTail: ['one', 'two'] },
    });
    expect(error.message).toMatch(
      /^"RUN echo one; echo two; exit 3" \(step 2\/[23]\) failed with exit code 3 \(Dockerfile:\d+\)\.$/,
    );
    expect(stepContainers).toHaveLength(builder === 'classic' ? 1 : 0);
    expect(await Promise.all(stepContainers.map((id) => hasContainer(engine, id)))).not.toContain(true);
  });

  test.each(builders)('a Dockerfile that does not parse is named by the %s builder', async (builder) => {
    const error = await errorOf(build({ ...specOf(contextDir, 'FROM busybox:1\nRUNN echo\n'), builder }));
    expect(error).toMatchObject({ code: 'DOCKERFILE_SYNTAX' });
    expect(error.message).toMatch(/line 2: unknown instruction: RUNN/i);
  });

  test.each(builders)('a %s build ends when it is cancelled, and its container goes', async (builder) => {
    stepContainers.length = 0;
    const own = new AbortController();
    const running = errorOf(
      port.build(specOf(contextDir, 'FROM busybox:1\nRUN echo up; sleep 100\n', { builder, noCache: true }), {
        signal: own.signal,
        onEvent: (event) => {
          if (event.type === 'step.log' && event.text.includes('up')) own.abort();
        },
      }),
    );
    expect((await running).code).toBe('CANCELLED');
    expect(stepContainers).toHaveLength(builder === 'classic' ? 1 : 0);
    expect(await Promise.all(stepContainers.map((id) => hasContainer(engine, id)))).not.toContain(true);
  });

  test.each(builders)('a context that cannot be sent fails a %s build with our own error', async (builder) => {
    const directory = mkdtempSync(join(tmpdir(), 'dock-name-'));
    try {
      // A name that is not UTF-8 has no way into a tar or a message.
      writeFileSync(Buffer.concat([Buffer.from(`${directory}/odd-`), Buffer.from([0xff])]), 'x');
      const error = await errorOf(port.build(specOf(directory, 'FROM busybox:1\nCOPY . /x\n', { builder })));
      expect(error).toMatchObject({ code: 'CONTEXT_ERROR', exitStatus: 2 });
      expect(error.message).toContain('odd-');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('a secret reaches the RUN that mounts it, and the sink', async () => {
    const file = join(contextDir, '..', `secret-${process.pid}`);
    writeFileSync(file, 's3cr3t-value\n');
    try {
      const secrets: string[] = [];
      const own = await portTo(engine.socketPath, { addSecret: (secret) => secrets.push(secret) });
      const dockerfile =
        'FROM busybox:1\nRUN --mount=type=secret,id=token test "$(cat /run/secrets/token)" = s3cr3t-value\n';
      const image = await own.build(
        specOf(contextDir, dockerfile, { secrets: [{ id: 'token', file }], noCache: true }),
      );
      expect(image.id).toMatch(/^sha256:/);
      expect(secrets).toEqual(['s3cr3t-value']);
      const missing = await errorOf(
        own.build(specOf(contextDir, dockerfile, { secrets: [{ id: 'token', file: '/nonexistent' }], noCache: true })),
      );
      expect(missing).toMatchObject({ code: 'INVALID_OPTION', exitStatus: 2 });
    } finally {
      rmSync(file);
    }
  });

  test('tags, pushes, finds, pulls and removes one and the same image', async () => {
    const image = await build();
    await port.tagImage(image.id, name('1'));
    const events: EngineEvent[] = [];
    const receipt = await port.pushImage(name('1'), { onEvent: (event) => events.push(event) });
    expect(events.some(({ type }) => type === 'push.progress')).toBe(true);
    const client = createRegistryClient({ credentials: credentialsOf() });
    const seen = await client.getManifest(name('1'));
    expect(seen).toMatchObject({ digest: receipt.digest });
    const found = await port.findManifest(name('1'), { withConfig: true });
    expect(found).toMatchObject({ digest: receipt.digest, via: 'engine' });
    expect(found?.configDigest ?? found?.platforms[0]?.configDigest).toBe(image.configDigest);
    // What a caller expects decides who is asked, and changes no answer.
    for (const digest of [receipt.digest, `sha256:${'0'.repeat(64)}`]) {
      const expected = { digest, configDigest: image.configDigest };
      const via = digest === receipt.digest ? 'direct' : 'engine';
      expect(await port.findManifest(name('1'), { expected })).toEqual({ ...found, via });
      expect(await port.findManifest(name('not-pushed'), { expected })).toBeUndefined();
    }
    expect(image.manifestDigest).toBe(store === 'containerd' ? receipt.digest : undefined);
    // A classic engine notes which image it pushed under a digest; a push that only the engine can confirm stands on that.
    const { repository } = name('1');
    const pushedAs = formatImageReference({ registry: registry.host, repository, digest: receipt.digest });
    expect(store === 'containerd' || (await port.inspectImage(pushedAs))?.id === image.id).toBe(true);
    await port.removeImage(formatImageReference(name('1')));
    const pulled = await port.pullImage(name('1'));
    expect(pulled.digest).toBe(receipt.digest);
    const details = await port.builtImage(formatImageReference(name('1')));
    expect(details.configDigest).toBe(image.configDigest);
    await port.removeImage(formatImageReference(name('1')));
    await port.removeImage(formatImageReference(name('1')));
    expect(await port.findManifest(name('nothing'))).toBeUndefined();
  });

  test('says which image, manifest or registry is not there', async () => {
    expect(await port.inspectImage('nothing:here')).toBeUndefined();
    expect((await errorOf(port.builtImage('nothing:here'))).code).toBe('IMAGE_NOT_FOUND');
    expect((await errorOf(port.imageHistory('nothing:here'))).code).toBe('IMAGE_NOT_FOUND');
    expect((await errorOf(port.tagImage(`sha256:${'0'.repeat(64)}`, name('x')))).code).toBe('IMAGE_NOT_FOUND');
    expect((await errorOf(port.pullImage(name('nothing')))).code).toBe('IMAGE_NOT_FOUND');
    const nobody = parseImageReference('127.0.0.1:1/x:1');
    expect((await errorOf(port.pullImage(nobody))).code).toBe('REGISTRY_UNREACHABLE');
    expect((await errorOf(port.findManifest(nobody))).code).toBe('REGISTRY_UNREACHABLE');
    expect((await errorOf(port.probeRegistry(nobody, { access: 'push' }))).code).toBe('REGISTRY_UNREACHABLE');
  });

  test('an image of nothing has no layers and no history, whatever the engine leaves out for it', async () => {
    const made = builders.includes('buildkit') ? await build({ ...specOf(contextDir, 'FROM scratch\n') }) : undefined;
    expect(made === undefined).toBe(version === 'podman');
    if (made === undefined) return;
    expect(await port.inspectImage(made.id)).toMatchObject({
      id: made.id,
      layers: [],
      labels: {},
      command: [],
    });
    expect(await port.imageHistory(made.id)).toEqual([]);
  });

  test('tells an image’s history, newest first', async () => {
    const image = await build();
    const history = await port.imageHistory(image.id);
    expect(history.length).toBeGreaterThanOrEqual(3);
    expect(history[0]?.createdBy).toMatch(/cat \/file/);
  });

  test.each(['basic', 'token'] as const)(
    'pulls, builds on, probes and pushes behind %s auth, with these credentials only',
    async (auth) => {
      const guarded = await sharedRegistry({ auth });
      const target = parseImageReference(`${guarded.host}/guarded-${version}-${store}:1`);
      const credentials = credentialsOf({ [guarded.host]: { username: guarded.username, password: guarded.password } });
      const known = await portTo(engine.socketPath, { credentials });
      await port.tagImage('busybox:1', target);
      // Behind a token server the classic engine retries a refused push for 50 s; a refused pull says the same at once.
      const refused = auth === 'basic' ? port.pushImage(target) : port.pullImage(target);
      expect(await errorOf(refused)).toMatchObject({
        code: 'AUTH_FAILED',
        exitStatus: 4,
        details: { host: guarded.host, credentialsSent: false },
      });
      expect((await errorOf(port.probeRegistry(target, { access: 'push' }))).code).toBe('AUTH_FAILED');
      expect(await known.probeRegistry(target, { access: 'push' })).toMatchObject({
        hasCredentials: true,
        credentialOrigin: 'the test',
        via: 'direct',
      });
      const { digest } = await known.pushImage(target);
      expect(await known.findManifest(target)).toMatchObject({ digest });
      await port.removeImage(formatImageReference(target));
      expect((await errorOf(port.pullImage(target))).code).toBe('AUTH_FAILED');
      for (const builder of ['classic', 'buildkit'] as const) {
        const spec = specOf(contextDir, `FROM ${formatImageReference(target)}\nRUN true\n`, {
          builder,
          noCache: true,
          pull: true,
        });
        expect((await known.build(spec)).id).toMatch(/^sha256:/);
        await port.removeImage(formatImageReference(target), { force: true });
      }
      const wrong = await portTo(engine.socketPath, {
        credentials: credentialsOf({ [guarded.host]: { username: 'dock', password: 'wrong' } }),
      });
      expect(await errorOf(wrong.pullImage(target))).toMatchObject({
        code: 'AUTH_FAILED',
        details: { credentialsSent: true, credentialOrigin: 'the test' },
      });
      await known.close();
      await wrong.close();
    },
    120_000,
  );

  test('runs a container to its end and leaves nothing', async () => {
    const runId = `rig-${Math.random()}`;
    const run = (command: string, more = {}) =>
      port.runContainer({
        image: 'busybox:1',
        command: ['sh', '-c', command],
        network: 'host',
        role: 'test',
        runId,
        ...more,
      });
    expect(await run('echo out; echo err >&2; exit 5')).toMatchObject({
      exitCode: 5,
      isOomKilled: false,
      isOutputCut: false,
    });
    expect((await run('printf "%s" "$A"; pwd', { env: { A: 'x=y\n' }, workingDir: '/tmp' })).output).toBe(
      'x=y\n/tmp\n',
    );
    expect(await run('a=x; while true; do a=$a$a; done', { memory: 20 * 1024 * 1024 })).toMatchObject({
      exitCode: 137,
      isOomKilled: true,
    });
    expect(
      (
        await errorOf(
          port.runContainer({ image: 'busybox:1', command: ['/nope'], network: 'host', role: 'test', runId }),
        )
      ).code,
    ).toBe('CONTAINER_FAILED');
    expect(
      (await errorOf(port.runContainer({ image: 'nothing:here', network: 'host', role: 'test', runId }))).code,
    ).toBe('IMAGE_NOT_FOUND');
    expect(
      (
        await errorOf(
          port.runContainer(
            { image: 'busybox:1', command: ['sleep', '100'], network: 'host', role: 'test', runId },
            { timeoutMs: 1000 },
          ),
        )
      ).code,
    ).toBe('TIMEOUT');
    expect(await containersOf(engine, runId)).toEqual([]);
  });

  test('starts a container, looks into it and removes it', async () => {
    const runId = `rig-${Math.random()}`;
    const container = await port.startContainer({
      image: 'busybox:1',
      command: ['sh', '-c', 'echo up; sleep 100'],
      network: 'host',
      role: 'test',
      runId,
    });
    expect(await container.state()).toEqual({ isRunning: true });
    expect(await container.exec(['sh', '-c', 'echo in; echo err >&2; exit 4'])).toMatchObject({
      exitCode: 4,
      output: expect.stringContaining('in\n') as unknown,
    });
    expect([126, 127]).toContain((await container.exec(['/nope'])).exitCode);
    expect(await container.output()).toBe('up\n');
    await container.remove();
    await container.remove();
    expect(await containersOf(engine, runId)).toEqual([]);
  });
});

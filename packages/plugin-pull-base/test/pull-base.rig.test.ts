import type { BuildRequest, BuildResult, EnginePort } from '@dock/core';
import {
  engineKinds,
  baseImage,
  engineRequest,
  runPlugin,
  sharedEngine,
  sharedRegistry,
  startRegistry,
  type SharedRigEngine,
  type SharedRigRegistry,
} from '@dock/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { pullBase, type PullBaseOptions } from '../src/index.js';
import { rigPort, uniqueRepository } from '../../engine/test/rig-port.js';
import { runDockerfile } from '../../engine/test/run-dockerfile.js';
import { specOf } from './spec-of.js';

const engines = engineKinds();

describe.each(engines)('pull-base on Engine $version, $store store', ({ version, store, builders }) => {
  let engine: SharedRigEngine;
  let registry: SharedRigRegistry;
  let basic: SharedRigRegistry;
  let port: EnginePort;
  const used = new Set<string>();

  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    [registry, basic] = await Promise.all([sharedRegistry(), sharedRegistry({ auth: 'basic' })]);
    port = await rigPort(engine, [basic]);
  });

  afterEach(async () => {
    for (const id of used) await port.removeImage(id, { force: true });
    used.clear();
  });

  afterAll(async () => port.close());

  const inRegistry = async (to: SharedRigRegistry, name: string, mark: string) =>
    baseImage(to, { name, labels: { mark } });

  async function inEngine(name: string, mark: string): Promise<string> {
    const { id = '' } = await baseImage(engine, { name, labels: { mark } });
    used.add(id);
    return id;
  }

  async function run(dockerfile: string, options: PullBaseOptions = {}, request: Partial<BuildRequest> = {}) {
    const result = await runDockerfile(dockerfile, [pullBase(options)], () => rigPort(engine, [basic]), request);
    for (const { id } of result.bases) if (id !== undefined) used.add(id);
    if (result.image?.id !== undefined) used.add(result.image.id);
    return result;
  }

  /** The label that the built image has from its base. */
  async function markOf(result: BuildResult): Promise<string | undefined> {
    expect(result.error).toBeUndefined();
    return (await port.inspectImage(result.image?.id ?? ''))?.labels['mark'];
  }

  // Nothing listens there: whoever asked for the image would tell of its registry.
  const unreachable = '127.0.0.1:1/base:1';
  test.each(builders.flatMap((builder) => ['$UNSET', 'nonsense/nope/x/y'].map((value) => [builder, value] as const)))(
    'a platform that is none is the Dockerfile’s fault, not the registry’s: %s, %j',
    async (builder, value) => {
      const text = `# first\nFROM --platform=${value} ${unreachable}\nRUN true\n`;
      const { error } = await run(text, {}, { builder });
      expect(error?.code).toBe(value === '$UNSET' ? 'DOCKERFILE_INVALID' : 'BUILD_FAILED');
      expect(error?.message).toContain('platform');
      expect(error?.details).toMatchObject({ line: 2 });
    },
  );

  test('builds on what the registry has now, and leaves the user’s older tag where it is', async () => {
    const repository = uniqueRepository('base');
    const name = `${registry.host}/${repository}:1`;
    const old = await inEngine(name, 'old');
    const { digest } = await inRegistry(registry, `${repository}:1`, 'new');
    const result = await run(`FROM ${name}\nLABEL built=yes\n`, { policy: 'always' });
    expect(await markOf(result)).toBe('new');
    expect(result.bases[0]).toMatchObject({ digest });
    expect(result.bases[0]?.id).not.toBe(old);
    expect((await port.inspectImage(name))?.id).toBe(old);
  });

  test('leaves no name where there was none, and asks for no layer a second time', async () => {
    const repository = uniqueRepository('base');
    const name = `${registry.host}/${repository}:1`;
    const { configDigest } = await inRegistry(registry, `${repository}:1`, repository);
    const first = await run(`FROM ${name}\n`);
    const before = registry.requests().length;
    const second = await run(`FROM ${name}\n`);
    const layers = registry
      .requests()
      .slice(before)
      .filter(({ path }) => path.includes(`${repository}/blobs`) && !path.endsWith(configDigest));
    expect(second.bases[0]?.id).toBe(first.bases[0]?.id);
    expect(layers).toEqual([]);
    expect(await port.inspectImage(name)).toBeUndefined();
    expect((await port.inspectImage(first.bases[0]?.id ?? ''))?.tags).toEqual([]);
  });

  test.each(['never', 'if-not-present'] as const)(
    '%s asks no registry for a base that is there, neither here nor in the build',
    async (policy) => {
      const repository = uniqueRepository('base');
      const name = `${registry.host}/${repository}:1`;
      await inRegistry(registry, `${repository}:1`, repository);
      const { id } = await port.pullImage({ registry: registry.host, repository, tag: '1' });
      used.add(id);
      const before = registry.requests().length;
      for (const pinBase of [false, true]) {
        const dockerfile = `FROM ${name}\nLABEL built=${String(pinBase)}\nCOPY --from=${name} /bin/busybox /tool\n`;
        const result = await run(dockerfile, { policy, pinBase });
        expect(await markOf(result)).toBe(repository);
        expect(result.bases[0]).toMatchObject({ id, digest: expect.stringMatching(/^sha256:/) });
      }
      const asked = registry.requests().slice(before);
      // Others may take its layers over meanwhile.
      expect(asked.filter(({ path }) => path.startsWith(`/v2/${repository}/`))).toEqual([]);
      expect((await port.inspectImage(id))?.tags).toEqual([name]);
    },
  );

  test.each(['never', 'if-not-present'] as const)(
    '%s builds on the engine’s image also where the registry has another one of that name',
    async (policy) => {
      const repository = uniqueRepository('base');
      const name = `${registry.host}/${repository}:1`;
      const id = await inEngine(name, 'of the engine');
      await inRegistry(registry, `${repository}:1`, 'of the registry');
      const result = await run(`FROM ${name}\n`, { policy });
      expect(await markOf(result)).toBe('of the engine');
      expect(result.bases[0]?.id).toBe(id);
    },
  );

  test('a parent registry serves every base, and the build uses what it served', async () => {
    const path = uniqueRepository('base');
    await inRegistry(registry, `team/${path}:1`, 'from the parent');
    await inRegistry(registry, `library/${path}:1`, 'official');
    const result = await run(`FROM ${path}:1 AS tools\nFROM team/${path}:1\nCOPY --from=tools /bin/busybox /tool\n`, {
      parentRegistry: registry.host,
    });
    expect(await markOf(result)).toBe('from the parent');
    expect(result.bases.map(({ takenFrom }) => takenFrom?.repository)).toEqual([`library/${path}`, `team/${path}`]);
    expect(await port.inspectImage(`team/${path}:1`)).toBeUndefined();
  });

  test('COPY --from and mounts use the recorded image too', async () => {
    const repository = uniqueRepository('base');
    const name = `${registry.host}/${repository}:1`;
    const old = await inEngine(name, 'old');
    const { digest } = await inRegistry(registry, `${repository}:1`, 'new');
    await inRegistry(registry, `${repository}:2`, 'other');
    const result = await run(
      `FROM ${registry.host}/${repository}:2\nCOPY --from=${name} /bin/busybox /tool\nRUN --mount=type=bind,from=${name},target=/base test -e /base/bin\n`,
      { policy: 'always' },
    );
    expect(await markOf(result)).toBe('other');
    expect(result.bases.slice(1).map((base) => base.digest)).toEqual([digest, digest]);
    expect((await port.inspectImage(name))?.id).toBe(old);
  });

  test('takes a base from a registry that asks who comes, and from no other account', async () => {
    const repository = uniqueRepository('private');
    await inRegistry(basic, `${repository}:1`, repository);
    expect(await markOf(await run(`FROM ${basic.host}/${repository}:1\n`))).toBe(repository);
    const stranger = await rigPort(engine);
    const { error } = await runPlugin(pullBase(), {
      hook: 'prebuild',
      value: specOf(`FROM ${basic.host}/${uniqueRepository('private')}:1\n`),
      engine: stranger,
    });
    await stranger.close();
    expect(error).toMatchObject({ code: 'AUTH_FAILED', exitStatus: 4 });
  });

  test('an engine’s base is enough, whatever its registry says, unless newer ones are asked for', async () => {
    const repository = uniqueRepository('busy');
    const name = `${registry.host}/${repository}:1`;
    await inRegistry(registry, `${repository}:1`, repository);
    const { id } = await port.pullImage({ registry: registry.host, repository, tag: '1' });
    used.add(id);
    // To the engine the registry has no such repository any more, which a name of nobody says as well.
    const busy = await startRegistry();
    const away = `${busy.host}/${repository}:1`;
    await engineRequest(engine.socketPath, 'POST', `/images/${id}/tag?repo=${busy.host}/${repository}&tag=1`);
    await busy.stop();
    for (const pull of [false, 'missing', 'never', true] as const) {
      const result = await run(`FROM ${away}\nLABEL pull=${String(pull)}\n`, {}, { pull });
      expect([result.error, await markOf(result)]).toEqual([undefined, repository]);
      expect(result.bases[0]).toMatchObject({ id, origin: 'local' });
      expect(result.warnings.map(({ code }) => code)).toEqual(pull === true ? ['REGISTRY_UNREACHABLE'] : []);
    }
    await engineRequest(engine.socketPath, 'DELETE', `/images/${away}?noprune=1`);
    expect((await run(`FROM ${name}\n`, {}, { pull: true })).bases[0]).toMatchObject({ origin: 'registry' });
    expect((await run(`FROM ${away}\n`, {}, { pull: 'never' })).error?.code).toBe('IMAGE_NOT_FOUND');
  });

  test('a build that may pull nothing is refused before it begins, with no plugin that looks after bases too', async () => {
    const name = `${registry.host}/${uniqueRepository('absent')}:1`;
    const request = { pull: 'never' } as const;
    const result = await runDockerfile(`FROM ${name}\n`, [], () => rigPort(engine, [basic]), request);
    expect(result.error).toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining('nothing may be pulled'),
    });
  });

  test('a base that was built here is local only, builds, and keeps only its own name', async () => {
    const name = `${registry.host}/${uniqueRepository('local')}:1`;
    const id = await inEngine(name, 'made here');
    const result = await run(`FROM ${name}\n`, { policy: 'always' });
    expect(await markOf(result)).toBe('made here');
    expect(result.bases[0]).toMatchObject({ id, isLocalOnly: true });
    expect(result.warnings[0]?.message).toContain('local only');
    expect((await port.inspectImage(id))?.tags).toEqual([name]);
  });

  test('runs at once on one base do not disturb each other', async () => {
    const repository = uniqueRepository('base');
    await inRegistry(registry, `${repository}:1`, repository);
    const results = await Promise.all(
      [1, 2, 3].map((n) => run(`FROM ${registry.host}/${repository}:1\nLABEL n=${n}\n`)),
    );
    expect(await Promise.all(results.map(markOf))).toEqual([repository, repository, repository]);
  });

  test('a base that nobody has is IMAGE_NOT_FOUND, before anything is built', async () => {
    const { error, phases } = await run(`FROM ${registry.host}/${uniqueRepository('none')}:1\n`);
    expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND', exitStatus: 2, plugin: 'pull-base' });
    expect(phases.map(({ phase }) => phase)).not.toContain('build');
  });
});

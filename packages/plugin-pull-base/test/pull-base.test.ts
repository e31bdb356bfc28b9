import { DockError, type EnginePort, formatImageReference, type ImageDetails, type ImageReference } from '@dock/core';
import { runPlugin } from '@dock/testing';
import { describe, expect, test } from '@jest/globals';
import { pullBase, type PullBaseOptions } from '../src/index.js';
import { specOf } from './spec-of.js';

const hex = (letter: string) => `sha256:${letter.repeat(64)}`;
const [oldId, newId, digest] = [hex('1'), hex('2'), hex('d')];

interface Local {
  readonly id: string;
  readonly digests?: readonly string[];
  readonly platform?: string;
  readonly onBuild?: readonly string[];
}

/** An engine with some images and a registry with some tags, in memory; it records what it is asked. */
function engineOf(local: Record<string, Local>, registry: Record<string, string | DockError>, store = 'classic') {
  const images = new Map(Object.entries(local));
  const calls: string[] = [];
  const port: Partial<EnginePort> = {
    describe: async () => ({ store }) as never,
    async inspectImage(name): Promise<ImageDetails | undefined> {
      const found = images.get(name);
      const details = { digests: [], platform: 'linux/amd64', onBuild: [], ...found };
      return found === undefined ? undefined : (details as unknown as ImageDetails);
    },
    async findManifest(reference: ImageReference) {
      const name = formatImageReference(reference);
      calls.push(`look up ${name}`);
      const answer = registry[name];
      if (answer instanceof DockError) throw answer;
      return answer === undefined ? undefined : { digest: answer, mediaType: 'm', platforms: [], via: 'engine' };
    },
    async pullImage(reference, options) {
      const name = formatImageReference(reference);
      calls.push(`pull ${name}${options?.platform === undefined ? '' : ` for ${options.platform}`}`);
      images.set(name, { id: newId, ...(options?.platform === undefined ? {} : { platform: options.platform }) });
      return { id: newId, digest };
    },
    async tagImage(id, reference) {
      calls.push(`tag ${formatImageReference(reference)}`);
      images.set(formatImageReference(reference), { id });
    },
    async removeImage(removed) {
      calls.push(`remove ${removed}`);
    },
  };
  return { port, calls, images };
}

const name = 'r:5000/base:1';
const pinned = `r:5000/base@${digest}`;

async function run(
  engine: { port: Partial<EnginePort> },
  options: PullBaseOptions = {},
  text = `FROM ${name}\n`,
  more = {},
) {
  return runPlugin(pullBase(options), { hook: 'prebuild', value: specOf(text, more), engine: engine.port });
}

const runAlways: typeof run = async (engine, options, ...more) =>
  run(engine, { policy: 'always', ...options }, ...more);

describe('policy "always"', () => {
  test('pulls by digest, moves no tag, and builds from exactly that image', async () => {
    const engine = engineOf({ [name]: { id: oldId } }, { [name]: digest });
    const { value, error } = await runAlways(engine);
    expect(error).toBeUndefined();
    expect(engine.calls).toEqual([`look up ${name}`, `pull ${pinned}`]);
    expect(engine.images.get(name)?.id).toBe(oldId);
    expect(value?.dockerfile.text).toBe(`FROM ${pinned}\n`);
    expect(value?.bases).toMatchObject([{ text: name, id: newId, digest }]);
  });

  test('pulls nothing when the engine has that digest', async () => {
    const engine = engineOf({ [pinned]: { id: oldId } }, { [name]: digest });
    const { value } = await runAlways(engine);
    expect(engine.calls).toEqual([`look up ${name}`]);
    expect(value?.bases[0]).toMatchObject({ id: oldId, digest });
  });

  test('asks once for a base that is named many times', async () => {
    const engine = engineOf({}, { [name]: digest });
    const { value } = await runAlways(
      engine,
      {},
      `FROM ${name} AS a\nFROM ${name}\nCOPY --from=a /y /y\nCOPY --from=${name} /x /x\n`,
    );
    expect(engine.calls).toEqual([`look up ${name}`, `pull ${pinned}`]);
    expect(value?.bases.map(({ id }) => id)).toEqual([newId, newId, newId]);
    expect(value?.dockerfile.text.split(pinned)).toHaveLength(4);
  });

  test('pulls for the platform that FROM or the build names', async () => {
    const engine = engineOf({ [pinned]: { id: oldId, platform: 'linux/amd64' } }, { [name]: digest });
    await runAlways(engine, {}, `FROM --platform=linux/arm64 ${name}\n`);
    await runAlways(engine, {}, `FROM ${name}\n`, { platforms: ['linux/s390x'] });
    expect(engine.calls.filter((call) => call.startsWith('pull'))).toEqual([
      `pull ${pinned} for linux/arm64`,
      `pull ${pinned} for linux/s390x`,
    ]);
  });

  test('uses a base that only the engine has, with a warning', async () => {
    const engine = engineOf({ [name]: { id: oldId } }, {});
    const { value, warnings } = await runAlways(engine, { pinBase: true });
    expect(value?.bases[0]).toMatchObject({ id: oldId, isLocalOnly: true });
    expect(value?.bases[0]).not.toHaveProperty('digest');
    expect(value?.dockerfile.text).toBe(`FROM ${name}\n`);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('local only'),
      expect.stringContaining('no digest'),
    ]);
  });

  test('is IMAGE_NOT_FOUND for a base that nobody has', async () => {
    const { error } = await runAlways(engineOf({}, {}));
    expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND', exitStatus: 2 });
    expect(error?.message).toContain(`"${name}" of line 1`);
  });

  const away = new DockError('REGISTRY_UNREACHABLE', 'No route to "r:5000".');

  test('is the registry’s error when the engine has no image, when a digest was asked for, or when the registry said no', async () => {
    const stale = { id: oldId, digests: [pinned] };
    const none = await runAlways(engineOf({}, { [name]: away }));
    const engine = engineOf({ [name]: stale }, {});
    const pullImage = async () => Promise.reject(away);
    const byDigest = await runAlways({ port: { ...engine.port, pullImage } }, {}, `FROM ${name}@${hex('f')}\n`);
    const refused = await runAlways(engineOf({ [name]: stale }, { [name]: new DockError('AUTH_FAILED', 'No.') }));
    expect([none.error?.code, byDigest.error?.code, refused.error?.code]).toEqual([
      'REGISTRY_UNREACHABLE',
      'REGISTRY_UNREACHABLE',
      'AUTH_FAILED',
    ]);
  });

  test.each([['REGISTRY_UNREACHABLE'], ['REGISTRY_ERROR']] as const)(
    'takes the engine’s own image, also one that came from there, when the registry is away or too busy (%s)',
    async (code) => {
      const failure = new DockError(code, 'Too many requests.', { retryable: true });
      const engine = engineOf({ [name]: { id: oldId, digests: [pinned] } }, { [name]: failure });
      const pullImage = async () => Promise.reject(failure);
      const { value, warnings } = await runAlways({ port: { ...engine.port, pullImage } });
      expect(value?.bases[0]).toMatchObject({ id: oldId, digest, origin: 'local' });
      expect(warnings[0]).toMatchObject({ code, message: expect.stringContaining('as it is there') });
    },
  );

  test.each([
    ['classic', []],
    ['containerd', [pinned]],
  ])(
    'takes a local image of the %s store when the registry cannot be asked, with a warning',
    async (store, digests) => {
      const engine = engineOf({ [name]: { id: oldId, digests } }, { [name]: away }, store);
      const { value, warnings } = await runAlways(engine);
      expect(value?.bases[0]).toMatchObject({ id: oldId });
      expect(warnings[0]).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
    },
  );

  test('pulls by tag where look-ups fail, and gives the tag back', async () => {
    const engine = engineOf({ [name]: { id: oldId } }, { [name]: new DockError('REGISTRY_ERROR', 'Status 500.') });
    const { value, warnings } = await runAlways(engine);
    expect(engine.calls).toEqual([`look up ${name}`, `pull ${name}`, `tag ${name}`]);
    expect(engine.images.get(name)?.id).toBe(oldId);
    expect(value?.dockerfile.text).toBe(`FROM ${pinned}\n`);
    expect(warnings[0]?.message).toContain('pulled by its tag');
  });

  test('gives the tag back too when the pull moved it and then failed', async () => {
    const engine = engineOf({ [name]: { id: oldId } }, { [name]: new DockError('REGISTRY_ERROR', 'Status 500.') });
    const pullImage: EnginePort['pullImage'] = async (reference, options) => {
      await engine.port.pullImage?.(reference, options);
      throw new DockError('DAEMON_LOST', 'The engine is gone.');
    };
    const { value, warnings } = await runAlways({ port: { ...engine.port, pullImage } });
    expect(engine.images.get(name)?.id).toBe(oldId);
    expect(value?.bases[0]).toMatchObject({ id: oldId, isLocalOnly: true });
    expect(warnings[0]).toMatchObject({ code: 'REGISTRY_ERROR' });
  });

  test('pulls once more after a failure that may pass', async () => {
    const engine = engineOf({}, { [name]: digest });
    const failures = [new DockError('PULL_FAILED', 'Layer verification failed.')];
    const pullImage: EnginePort['pullImage'] = async (reference, options) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return engine.port.pullImage?.(reference, options) as never;
    };
    const { error } = await runAlways({ port: { ...engine.port, pullImage } });
    expect(error).toBeUndefined();
    expect(engine.calls).toEqual([`look up ${name}`, `pull ${pinned}`]);
  });

  test('ends the other pulls with the first failure, and reports that one', async () => {
    const engine = engineOf({}, { 'r:5000/slow:1': digest, 'r:5000/bad:1': new DockError('AUTH_FAILED', 'No.') });
    let isStopped = false;
    const pullImage: EnginePort['pullImage'] = async (_reference, options) =>
      new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => {
          isStopped = true;
          reject(new DockError('CANCELLED', 'The pull was cancelled.'));
        });
      });
    const { error } = await runAlways(
      { port: { ...engine.port, pullImage } },
      {},
      'FROM r:5000/slow:1\nCOPY --from=r:5000/bad:1 /x /x\n',
    );
    expect(error?.code).toBe('AUTH_FAILED');
    expect(isStopped).toBe(true);
  });
});

describe('policies "if-not-present" and "never"', () => {
  test.each(['if-not-present', 'never'] as const)('%s asks no registry for what the engine has', async (policy) => {
    const engine = engineOf({ [name]: { id: oldId, digests: [pinned] } }, { [name]: hex('e') });
    const { value } = await run(engine, { policy });
    expect(engine.calls).toEqual([]);
    expect(value?.bases[0]).toMatchObject({ id: oldId, digest });
    expect(value?.dockerfile.text).toBe(`FROM ${name}\n`);
  });

  test.each(['if-not-present', 'never'] as const)(
    '%s records an image without a digest as local only',
    async (policy) => {
      const { value } = await run(engineOf({ [name]: { id: oldId, digests: [`other/name@${digest}`] } }, {}), {
        policy,
      });
      expect(value?.bases[0]).toMatchObject({ id: oldId, isLocalOnly: true });
    },
  );

  test('if-not-present pulls what the engine lacks, also for another platform', async () => {
    const engine = engineOf({ [name]: { id: oldId, platform: 'linux/amd64' } }, { [name]: digest });
    const { value } = await run(engine, { policy: 'if-not-present' }, `FROM --platform=linux/arm64 ${name}\n`);
    expect(engine.calls).toEqual([`look up ${name}`, `pull ${pinned} for linux/arm64`]);
    expect(value?.bases[0]).toMatchObject({ id: newId, digest });
  });

  test('never is IMAGE_NOT_FOUND for what the engine lacks, without a question to anybody', async () => {
    const engine = engineOf({}, { [name]: digest });
    const { error } = await run(engine, { policy: 'never' });
    expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND', exitStatus: 2 });
    expect(error?.message).toContain('"never"');
    expect(engine.calls).toEqual([]);
  });

  test('never does not look a frontend up, and says that it does not reach it', async () => {
    const engine = engineOf({ [name]: { id: oldId } }, {});
    const { warnings } = await run(engine, { policy: 'never' }, `# syntax=docker/dockerfile:1\nFROM ${name}\n`);
    expect(engine.calls).toEqual([]);
    expect(warnings[0]?.message).toContain('"docker/dockerfile:1"');
  });

  test('if-not-present is the default', async () => {
    const engine = engineOf({ [name]: { id: oldId, digests: [pinned] } }, { [name]: hex('e') });
    const { value } = await run(engine);
    expect(engine.calls).toEqual([]);
    expect(value?.bases[0]).toMatchObject({ id: oldId, digest, origin: 'local' });
  });

  test.each([
    ['missing', { policy: 'always' }, []],
    ['never', { policy: 'always' }, []],
    ['never', {}, []],
    ['missing', { policy: 'never' }, []],
    [true, {}, [`look up ${name}`, `pull ${pinned}`]],
  ] as const)('pull %p wins over the options %j', async (pull, options, calls) => {
    const engine = engineOf({ [name]: { id: oldId } }, { [name]: digest });
    const { value } = await run(engine, options, undefined, { pull });
    expect(engine.calls).toEqual(calls);
    expect(value?.pull).toBe(pull === true ? false : pull);
  });

  test('pull "never" refuses a base that is not there', async () => {
    const engine = engineOf({}, { [name]: digest });
    const { error } = await run(engine, {}, undefined, { pull: 'never' });
    expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    expect(engine.calls).toEqual([]);
  });

  const allowedRegistries = ['r:5000'];
  test('a local image under the name of an allowed registry is asked for there, and else refused', async () => {
    const local = { [name]: { id: oldId } };
    const served = await run(engineOf(local, { [name]: digest }), { allowedRegistries });
    expect(served.value?.bases[0]).toMatchObject({ id: newId, digest, origin: 'registry' });
    for (const policy of ['if-not-present', 'never', 'always'] as const) {
      const { error } = await run(engineOf(local, {}), { allowedRegistries, policy });
      expect(error).toMatchObject({ code: 'REGISTRY_NOT_ALLOWED', message: expect.stringContaining(`"${name}"`) });
    }
  });

  test('what was pulled from an allowed registry is taken as it is there', async () => {
    const engine = engineOf({ [name]: { id: oldId, digests: [pinned] } }, {});
    const { value } = await run(engine, { allowedRegistries });
    expect([value?.bases[0]?.id, engine.calls]).toEqual([oldId, []]);
  });

  test('on the containerd store, where every image has a digest, the registry says whether it knows that one', async () => {
    const local = { [name]: { id: oldId, digests: [pinned] } };
    const known = engineOf(local, { [pinned]: digest }, 'containerd');
    expect((await run(known, { allowedRegistries })).value?.bases[0]).toMatchObject({ id: oldId, origin: 'local' });
    const unknown = await run(engineOf(local, {}, 'containerd'), { allowedRegistries });
    const silent = await run(engineOf(local, {}, 'containerd'), { allowedRegistries, policy: 'never' });
    expect([unknown.error?.code, silent.error?.code]).toEqual(['REGISTRY_NOT_ALLOWED', 'REGISTRY_NOT_ALLOWED']);
  });

  test('never and "pull" exclude each other', async () => {
    const { error } = await run(engineOf({}, {}), { policy: 'never' }, undefined, { pull: true });
    expect(error?.code).toBe('CONFIG_INVALID');
  });

  test.each(['if-not-present', 'never'] as const)('pinBase with %s builds from the digest', async (policy) => {
    const engine = engineOf({ [name]: { id: oldId, digests: [pinned] } }, {});
    const { value } = await run(engine, { policy, pinBase: true });
    expect(value?.dockerfile.text).toBe(`FROM ${pinned}\n`);
  });

  test('on the containerd store the engine’s image goes by a name of the run, which is gone at its end', async () => {
    const engine = engineOf({ [name]: { id: oldId, digests: [pinned] } }, {}, 'containerd');
    const { value } = await run(engine, { policy: 'never' });
    const alias = `127.0.0.1:1/dock-base/run-plugin:${'1'.repeat(32)}`;
    expect(value?.dockerfile.text).toBe(`FROM ${alias}\n`);
    expect(value?.bases[0]).toMatchObject({ text: name, id: oldId, digest });
    expect(value?.bases[0]).not.toHaveProperty('takenFrom');
    expect(engine.calls).toEqual([`tag ${alias}`, `remove ${alias}`]);
  });

  test('"pull" asks for newer bases with if-not-present too, and is done with that', async () => {
    const engine = engineOf({ [name]: { id: oldId, digests: [`r:5000/base@${hex('e')}`] } }, { [name]: digest });
    const { value } = await run(engine, { policy: 'if-not-present' }, undefined, { pull: true });
    expect(value?.bases[0]).toMatchObject({ id: newId, digest });
    expect(value?.pull).toBe(false);
  });
});

describe('a parent registry', () => {
  const parent = `p:5000/library/busybox@${digest}`;

  test('serves an official image with library/ when it is not there without', async () => {
    const engine = engineOf({}, { 'p:5000/library/busybox:1': digest });
    const { value } = await run(engine, { parentRegistry: 'p:5000' }, 'FROM busybox:1\n');
    expect(engine.calls).toEqual(['look up p:5000/busybox:1', 'look up p:5000/library/busybox:1', `pull ${parent}`]);
    expect(value?.dockerfile.text).toBe(`FROM ${parent}\n`);
    expect(value?.bases[0]).toMatchObject({
      text: 'busybox:1',
      takenFrom: { registry: 'p:5000', repository: 'library/busybox', tag: '1' },
    });
  });

  test('is not replaced by an image of the same name that came from the hub', async () => {
    const local = { 'docker.io/library/busybox:1': { id: oldId, digests: [`busybox@${digest}`] } };
    const { error } = await run(engineOf(local, {}), { parentRegistry: 'p:5000' }, 'FROM busybox:1\n');
    expect(error?.code).toBe('IMAGE_NOT_FOUND');
    expect(error?.message).toContain('"p:5000/busybox:1" or "p:5000/library/busybox:1"');
  });

  test('lets a base that was built here be', async () => {
    const local = { 'docker.io/library/mine:1': { id: oldId } };
    const { value } = await run(engineOf(local, {}), { parentRegistry: 'p:5000' }, 'FROM mine:1\n');
    expect(value?.bases[0]).toMatchObject({ id: oldId, isLocalOnly: true });
    expect(value?.bases[0]).not.toHaveProperty('takenFrom');
  });

  test.each(['if-not-present', 'never'] as const)(
    'with %s is looked for in the engine under its name',
    async (policy) => {
      const engine = engineOf({ 'p:5000/a/b:1': { id: oldId, digests: [`p:5000/a/b@${digest}`] } }, {});
      const { value } = await run(engine, { parentRegistry: 'p:5000', policy }, 'FROM a/b:1\n');
      expect(value?.bases[0]).toMatchObject({ id: oldId, digest });
      expect(value?.dockerfile.text).toBe('FROM p:5000/a/b:1\n');
      expect(engine.calls).toEqual([]);
    },
  );
});

describe('an image that a trigger of a base takes from', () => {
  const trigger = 'COPY --from=r:5000/extra:1 /a /b';
  const base = { [name]: { id: oldId, onBuild: [trigger] } };
  const registry = { 'r:5000/extra:1': digest };
  const never = { policy: 'if-not-present' } as const;

  test('is a base too, and what the engine has under its name is recorded', async () => {
    const engine = engineOf({ ...base, 'r:5000/extra:1': { id: newId, digests: [`r:5000/extra@${digest}`] } }, {});
    const { value } = await run(engine, never);
    expect(value?.bases).toMatchObject([
      { use: 'from', id: oldId },
      { use: 'copy-from', text: 'r:5000/extra:1', line: 1, id: newId, digest },
    ]);
    expect(value?.dockerfile.text).toBe(`FROM ${name}\n`);
  });

  test('is not recorded when the builder has to ask for it, and that is said', async () => {
    const { value, warnings } = await run(engineOf(base, registry), never);
    expect(value?.bases[1]).toEqual({
      use: 'copy-from',
      text: 'r:5000/extra:1',
      line: 1,
      reference: { registry: 'r:5000', repository: 'extra', tag: '1' },
    });
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('is not recorded')]);
  });

  test('is held to its digest by a source policy where the builder has these', async () => {
    const engine = engineOf(base, registry);
    const describe = (apiVersion: string) => async () => ({ store: 'classic', hasBuildkit: true, apiVersion }) as never;
    const newer = { port: { ...engine.port, describe: describe('1.42') } };
    const { value, warnings } = await run(newer, never);
    expect(value?.bases[1]).toMatchObject({ text: 'r:5000/extra:1', digest, pinnedBy: 'policy' });
    expect(warnings).toEqual([]);
    const older = { port: { ...engine.port, describe: describe('1.41') } };
    expect((await run(older, never)).value?.bases[1]?.pinnedBy).toBeUndefined();
    expect((await run(newer, never, undefined, { builder: 'classic' })).value?.bases[1]?.pinnedBy).toBeUndefined();
  });

  test('may not come from a registry that is not allowed', async () => {
    const { error } = await run(
      engineOf({ [name]: { id: oldId, digests: [pinned], onBuild: ['COPY --from=evil:5000/x /a /b'] } }, {}),
      {
        ...never,
        allowedRegistries: ['r:5000'],
      },
    );
    expect(error).toMatchObject({ code: 'REGISTRY_NOT_ALLOWED', message: expect.stringContaining('evil:5000/x') });
  });

  test('is refused when the build would not take it from the parent registry', async () => {
    const local = { 'p:5000/app:1': { id: oldId, onBuild: ['COPY --from=alpine:3 /a /b'] } };
    const engine = engineOf(local, { 'p:5000/alpine:3': digest });
    const { error } = await run(engine, { ...never, parentRegistry: 'p:5000' }, 'FROM app:1\n');
    expect(error).toMatchObject({ code: 'REGISTRY_NOT_ALLOWED', message: expect.stringContaining('"p:5000/alpine"') });
  });
});

test('a registry that is not allowed ends the run before anything is asked', async () => {
  const engine = engineOf({}, { [name]: digest });
  const { error } = await run(engine, { allowedRegistries: ['docker.io'] });
  expect(error).toMatchObject({ code: 'REGISTRY_NOT_ALLOWED', exitStatus: 2 });
  expect(engine.calls).toEqual([]);
});

test('a frontend is looked up for the record, never pulled, and its failure is no matter', async () => {
  const frontend = 'docker.io/docker/dockerfile:1';
  const text = `# syntax=docker/dockerfile:1\nFROM scratch\n`;
  const known = engineOf({}, { [frontend]: digest });
  const unknown = engineOf({}, { [frontend]: new DockError('REGISTRY_UNREACHABLE', 'Away.') });
  const { value } = await run(known, {}, text);
  expect(value?.bases).toMatchObject([{ use: 'syntax', digest }]);
  expect(known.calls).toEqual([`look up ${frontend}`]);
  expect((await run(unknown, {}, text)).error).toBeUndefined();
});

describe('what cannot be found', () => {
  const down = new DockError('REGISTRY_UNREACHABLE', 'The engine cannot reach registry "docker.io".');
  const failureOf = async (text: string) => {
    const engine = engineOf(
      { 'docker.io/library/base:1': { id: oldId } },
      { 'docker.io/library/biuld': down, 'docker.io/library/golang': down },
    );
    return (await run(engine, { policy: 'if-not-present' }, text)).error;
  };

  test.each([
    ['COPY --from', 'COPY --from=biuld /a /b'],
    ['a mount', 'RUN --mount=from=biuld,target=/x true'],
  ])('in %s, and near to the name of a stage, is told as a stage written wrong', async (_, instruction) => {
    const error = await failureOf(`FROM base:1 AS build\nRUN true\nFROM base:1\n${instruction}\n`);
    expect(error).toMatchObject({
      code: 'DOCKERFILE_INVALID',
      exitStatus: 2,
      message: 'No stage is named "biuld", so it was taken for an image, which is not to be had (Dockerfile:4).',
      hint: 'Did you mean the stage "build"?',
      details: { line: 4, excerpt: expect.stringContaining(`4 | >>> ${instruction}`) },
    });
  });

  test('in a FROM, keeps its own error, and offers the stage', async () => {
    const error = await failureOf('FROM base:1 AS build\nRUN true\nFROM biuld\n');
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      hint: expect.stringMatching(/^Did you mean the stage "build"\? /),
      details: { line: 3 },
    });
  });

  test('and near to no stage before it keeps its own error, with its line', async () => {
    const error = await failureOf('FROM base:1 AS build\nFROM base:1\nCOPY --from=golang /a /b\n');
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', hint: down.hint, details: { line: 3 } });
  });
});

describe('allowed registries', () => {
  const check = async (text: string) =>
    (await runPlugin(pullBase({ allowedRegistries: ['r:5000'] }), { hook: 'build', value: specOf(text) })).error;

  test('hold for what is built, whatever was put into the Dockerfile after they were asked for', async () => {
    expect(await check('FROM evil.example/x\n')).toMatchObject({ code: 'REGISTRY_NOT_ALLOWED', exitStatus: 2 });
    expect(await check('FROM r:5000/a\nCOPY --from=evil.example/x /a /b\n')).toMatchObject({
      code: 'REGISTRY_NOT_ALLOWED',
    });
    expect(await check('FROM r:5000/a\n')).toBeUndefined();
  });
});

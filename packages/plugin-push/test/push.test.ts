import { DockError, type TargetReference } from '@dock/core';
import { buildSpec, builtImage, type ContextOverrides, runPlugin } from '@dock/testing';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { push, type PushOptions } from '../src/index.js';
import { manifestDigest, type MemoryEngine, memoryEngine } from './memory-engine.js';

afterEach(() => void jest.useRealTimers());

const image = builtImage();
const other = `sha256:${'b'.repeat(64)}`;
const digest = manifestDigest(image.id);

function reference(registry: string, tag = '1', more: Partial<TargetReference> = {}): TargetReference {
  return { registry, repository: 'team/app', tag, ...more };
}

/** An engine in which each reference already names the image, as after the postbuild phase. */
function engineWith(references: readonly TargetReference[]): MemoryEngine {
  const engine = memoryEngine();
  for (const { registry, repository, tag, isPublishOnly } of references)
    if (isPublishOnly !== true) engine.names.set(`${registry}/${repository}:${tag}`, image.id);
  return engine;
}

async function pushAll(
  references: readonly TargetReference[],
  engine: MemoryEngine,
  options: PushOptions = {},
  more: { signal?: AbortSignal; context?: ContextOverrides } = {},
) {
  return runPlugin(push({ backoffMs: 1, ...options }), {
    hook: 'push',
    value: [],
    engine: engine.port,
    context: { image, references, isPublishing: true, ...more.context },
    ...(more.signal === undefined ? {} : { signal: more.signal }),
  });
}

const busy = () => new DockError('REGISTRY_ERROR', 'Registry "a:5000": status 503.', { details: { status: 503 } });
const refused = () =>
  new DockError('AUTH_FAILED', 'Registry "a:5000" refused.', { hint: 'Run "docker login a:5000".' });
const pushes = (engine: MemoryEngine) => engine.calls.filter((call) => call.startsWith('push '));

describe('publishing', () => {
  test('publishes each reference with the digest that the registry confirms', async () => {
    const references = [reference('a:5000'), reference('b:5000')];
    const engine = engineWith(references);
    const { value, error, published, unpublished } = await pushAll(references, engine);
    expect(error).toBeUndefined();
    expect(value).toEqual(
      references.map((one) => ({
        reference: one,
        name: `${one.registry}/team/app:1`,
        registry: one.registry,
        digest,
        configDigest: image.configDigest,
        attempts: 1,
        confirmedBy: 'engine',
        isVerified: true,
        durationMs: expect.any(Number),
      })),
    );
    expect(published).toHaveLength(2);
    expect(unpublished).toEqual([]);
  });

  test('takes the manifest of a containerd image only for its own', async () => {
    const references = [reference('a:5000')];
    const held = (manifestDigest: string) => ({
      ...image,
      store: 'containerd' as const,
      manifestDigest,
      platforms: [{ platform: 'linux/amd64', configDigest: image.configDigest, manifestDigest }],
    });
    const right = await pushAll(references, engineWith(references), {}, { context: { image: held(digest) } });
    expect(right.error).toBeUndefined();
    const wrong = await pushAll(references, engineWith(references), {}, { context: { image: held(other) } });
    expect(wrong.error).toMatchObject({ code: 'DIGEST_MISMATCH', retryable: false });
    expect(wrong.published).toEqual([]);
  });

  test('never pushes a local name, nor one that another plugin has published', async () => {
    const references = [reference('a:5000'), reference('docker.io', '1', { isLocalOnly: true })];
    const engine = engineWith(references);
    const { value } = await pushAll(references, engine);
    expect(pushes(engine)).toEqual(['push a:5000/team/app:1']);
    engine.calls.length = 0;
    await runPlugin(push(), { hook: 'push', value: value ?? [], engine: engine.port, context: { image, references } });
    expect(engine.calls).toEqual([]);
  });

  test('takes what another plugin has published by its reference, under whichever name that is told', async () => {
    const references = [{ registry: 'docker.io', repository: 'library/app', tag: '1' }];
    const engine = engineWith(references);
    const { value = [] } = await pushAll(references, engine);
    const familiar = value.map((one) => ({ ...one, name: 'app:1', reference: { ...one.reference, digest } }));
    engine.calls.length = 0;
    const second = await runPlugin(push(), {
      hook: 'push',
      value: familiar,
      engine: engine.port,
      context: { image, references },
    });
    expect(second.error).toBeUndefined();
    expect(engine.calls).toEqual([]);
  });

  test('pushes at the same time, but no more than "concurrency"', async () => {
    const references = ['1', '2', '3', '4', '5', '6'].map((tag) => reference('a:5000', tag));
    const [wide, narrow] = [engineWith(references), engineWith(references)];
    await pushAll(references, wide);
    await pushAll(references, narrow, { concurrency: 1 });
    expect([wide.most.pushes, narrow.most.pushes]).toEqual([4, 1]);
  });

  test('moves floating names only after all fixed ones are out', async () => {
    const references = [reference('a:5000', 'latest', { isFloating: true }), reference('a:5000'), reference('b:5000')];
    const engine = engineWith(references);
    const { value } = await pushAll(references, engine);
    expect(pushes(engine).at(-1)).toBe('push a:5000/team/app:latest');
    expect(value).toHaveLength(3);
  });

  test('leaves floating names alone when a fixed one fails, and says so', async () => {
    const references = [reference('a:5000'), reference('a:5000', 'latest', { isFloating: true })];
    const engine = engineWith(references);
    engine.script('a:5000/team/app:1', refused());
    const { error, unpublished } = await pushAll(references, engine);
    expect(error?.code).toBe('AUTH_FAILED');
    expect(pushes(engine)).toEqual(['push a:5000/team/app:1']);
    expect(unpublished.map(({ name, attempts }) => [name, attempts])).toEqual([
      ['a:5000/team/app:1', 1],
      ['a:5000/team/app:latest', 0],
    ]);
  });

  test('leaves floating names alone too when the plugin is optional', async () => {
    const references = [reference('a:5000'), reference('a:5000', 'latest', { isFloating: true })];
    const engine = engineWith(references);
    engine.script('a:5000/team/app:1', refused());
    const { error, warnings } = await pushAll(references, engine, { optional: true });
    expect(error).toBeUndefined();
    expect(warnings.map(({ code }) => code)).toEqual(['AUTH_FAILED']);
    expect(pushes(engine)).toEqual(['push a:5000/team/app:1']);
  });
});

describe('retries', () => {
  test('tries a busy registry again and warns of the attempts', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.script('a:5000/team/app:1', busy(), busy());
    const { value, warnings, error } = await pushAll(references, engine);
    expect(error).toBeUndefined();
    expect(value?.[0]?.attempts).toBe(3);
    expect(warnings.map(({ message }) => message)).toEqual(['"a:5000/team/app:1" was published at attempt 3.']);
  });

  test('gives up with the attempts, the image ID and the command that publishes it', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.script('a:5000/team/app:1', busy(), busy(), busy());
    const { error, unpublished } = await pushAll(references, engine, { retries: 2 });
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', exitStatus: 3, details: { status: 503, attempts: 3 } });
    expect(error?.message).toContain('(3 attempts)');
    expect(error?.hint).toContain(`built locally as ${image.id}; run "dock push ${image.id} --tag a:5000/team/app:1"`);
    expect(unpublished).toMatchObject([{ attempts: 3, error: { code: 'REGISTRY_ERROR', retryable: true } }]);
    expect(engine.names.get('a:5000/team/app:1')).toBe(image.id);
  });

  test('never tries a refusal again', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.script('a:5000/team/app:1', refused());
    const { error } = await pushAll(references, engine);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', exitStatus: 4 });
    expect(pushes(engine)).toHaveLength(1);
  });

  test('pushes again when the registry says that it does not have what it took', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.script(
      'a:5000/team/app:1',
      () => {
        engine.registry.set('a:5000/team/app:1', undefined as never);
      },
      () => void engine.registry.delete('a:5000/team/app:1'),
    );
    const { value, error } = await pushAll(references, engine);
    expect(error).toBeUndefined();
    expect(value?.[0]).toMatchObject({ attempts: 2, isVerified: true });
  });
});

describe('some published, some not', () => {
  test.each([
    [['AUTH_FAILED', 'REGISTRY_ERROR'], 4],
    [['PUSH_TIMEOUT', 'REGISTRY_UNREACHABLE'], 3],
    [['PUSH_TIMEOUT', 'PUSH_REFUSED'], 1],
    [['PUSH_TIMEOUT'], 124],
  ] as const)('is PUSH_PARTIAL; of %j the exit status is %i', async (codes, exitStatus) => {
    const references = [reference('ok:5000'), ...codes.map((_, index) => reference(`bad${index}:5000`))];
    const engine = engineWith(references);
    codes.forEach((code, index) =>
      engine.script(`bad${index}:5000/team/app:1`, new DockError(code, `Reason ${index}.`, { retryable: false })),
    );
    const { error, published, unpublished } = await pushAll(references, engine);
    expect(error).toMatchObject({ code: 'PUSH_PARTIAL', exitStatus });
    expect(error?.message).toContain(`"ok:5000/team/app:1" is published as ${digest}`);
    expect(error?.message).toContain(`"bad0:5000/team/app:1" is not (${codes[0]}: Reason 0)`);
    expect(published.map(({ name }) => name)).toEqual(['ok:5000/team/app:1']);
    expect(unpublished).toHaveLength(codes.length);
  });

  test('is the heaviest failure, with the others attached, when nothing is out', async () => {
    const references = [reference('a:5000'), reference('b:5000')];
    const engine = engineWith(references);
    engine.script('a:5000/team/app:1', new DockError('PUSH_TIMEOUT', 'Slow.'));
    engine.script('b:5000/team/app:1', refused());
    const { error } = await pushAll(references, engine);
    expect(error?.code).toBe('AUTH_FAILED');
    expect(error?.attached.map(({ code }) => code)).toEqual(['PUSH_TIMEOUT']);
    expect(error?.hint).toContain('--tag a:5000/team/app:1 --tag b:5000/team/app:1');
  });

  test('is PUSH_PARTIAL when the floating name fails after the fixed ones', async () => {
    const references = [reference('a:5000'), reference('a:5000', 'latest', { isFloating: true })];
    const engine = engineWith(references);
    engine.script('a:5000/team/app:latest', refused());
    const { error } = await pushAll(references, engine);
    expect(error).toMatchObject({ code: 'PUSH_PARTIAL', exitStatus: 4 });
  });
});

describe('a push that is cut off after its last layer', () => {
  const references = [reference('a:5000')];
  const name = 'a:5000/team/app:1';
  const manifest = { digest, mediaType: 'm', configDigest: image.configDigest, platforms: [], via: 'direct' as const };

  test.each(['CANCELLED', 'PUSH_TIMEOUT', 'DAEMON_LOST'] as const)(
    'by %s is published when the registry has the image',
    async (code) => {
      const engine = engineWith(references);
      engine.script(name, () => {
        engine.registry.set(name, manifest);
        throw new DockError(code, 'Cut.');
      });
      const { published, unpublished, warnings } = await pushAll(references, engine);
      expect(published).toMatchObject([{ name, digest, confirmedBy: 'direct', isVerified: true, attempts: 1 }]);
      expect(unpublished).toEqual([]);
      expect(warnings.map(({ message }) => message)).toEqual([expect.stringMatching(`cut off \\(${code}\\)`)]);
    },
  );

  test.each<[string, Partial<MemoryEngine['port']>, object]>([
    ['has nothing', {}, { unpublished: [{ error: { code: 'CANCELLED' } }] }],
    [
      'has another image',
      { findManifest: async () => ({ ...manifest, configDigest: other }) },
      { unpublished: [{ error: { code: 'CANCELLED' } }] },
    ],
    [
      'cannot be asked',
      { findManifest: async () => Promise.reject(new DockError('REGISTRY_UNREACHABLE', 'Away.')) },
      { unpublished: [{ isUncertain: true, error: { code: 'CANCELLED' } }] },
    ],
    [
      'does not say what it has',
      { findManifest: async () => ({ digest, mediaType: 'm', platforms: [], via: 'direct' as const }) },
      { unpublished: [{ isUncertain: true, error: { code: 'CANCELLED' } }] },
    ],
  ])('is not published when the registry %s', async (_what, more, expected) => {
    const engine = engineWith(references);
    engine.script(name, new DockError('CANCELLED', 'Cut.'));
    const outcome = await pushAll(references, { ...engine, port: { ...engine.port, ...more } });
    expect(outcome).toMatchObject({ published: [], ...expected });
    const [{ isUncertain } = {}] = outcome.unpublished;
    expect(outcome.warnings).toHaveLength(isUncertain === true ? 1 : 0);
  });

  test('in its confirmation is published as the engine said, unverified, when the registry cannot be asked', async () => {
    const engine = engineWith(references);
    const controller = new AbortController();
    const findManifest = async () => {
      controller.abort(new DockError('CANCELLED', 'The run was cancelled.'));
      throw new DockError('CANCELLED', 'The run was cancelled.');
    };
    const outcome = await pushAll(
      references,
      { ...engine, port: { ...engine.port, findManifest } },
      {},
      { signal: controller.signal },
    );
    expect(outcome.published).toMatchObject([{ name, digest, confirmedBy: 'push-stream', isVerified: false }]);
    expect(outcome.published[0]?.unverifiedReason).toContain('CANCELLED');
    expect(outcome.unpublished).toEqual([]);
  });

  test('is not asked for while a layer is still on its way', async () => {
    const engine = engineWith(references);
    const pushImage: MemoryEngine['port']['pushImage'] = async (_reference, { onEvent } = {}) => {
      await onEvent?.({ type: 'push.progress', reference: name, layer: 'one', status: 'Pushing' });
      throw new DockError('PUSH_TIMEOUT', 'Slow.');
    };
    const { unpublished } = await pushAll(references, { ...engine, port: { ...engine.port, pushImage } });
    expect(unpublished).toEqual([expect.not.objectContaining({ isUncertain: true })]);
    expect(engine.calls.filter((call) => call.startsWith('look up'))).toEqual([]);
  });
});

describe('a push that the registry answers badly, or not at all', () => {
  const references = [reference('a:5000')];
  const name = 'a:5000/team/app:1';
  const manifest = { digest, mediaType: 'm', configDigest: image.configDigest, platforms: [], via: 'direct' as const };
  const gateway = () => new DockError('REGISTRY_ERROR', 'Status 504.', { details: { status: 504 } });
  const immutable = () => new DockError('PUSH_REFUSED', 'The tag is immutable.');
  const arriving =
    (engine: MemoryEngine, error: DockError, found = manifest) =>
    () => {
      engine.registry.set(name, found);
      throw error;
    };

  test.each([
    ['an answer that is lost', gateway(), 'got no good answer \\(REGISTRY_ERROR\\)'],
    ['a tag that may not move', immutable(), 'was refused \\(PUSH_REFUSED\\)'],
  ])('is published at the first try when the registry has the image: %s', async (_, error, words) => {
    const engine = engineWith(references);
    engine.script(name, arriving(engine, error));
    const outcome = await pushAll(references, engine);
    expect(outcome.error).toBeUndefined();
    expect(outcome.published).toMatchObject([{ name, digest, isVerified: true, attempts: 1 }]);
    expect(pushes(engine)).toHaveLength(1);
    expect(outcome.warnings.map(({ message }) => message)).toEqual([expect.stringMatching(words)]);
  });

  test('is published when a later try is refused because the first one arrived', async () => {
    const engine = engineWith(references);
    const away = () => new DockError('REGISTRY_UNREACHABLE', 'Reset.');
    const answers = [away(), away(), away(), away()];
    engine.script(name, gateway(), arriving(engine, immutable()));
    const { findManifest } = engine.port;
    const outcome = await pushAll(references, {
      ...engine,
      port: {
        ...engine.port,
        findManifest: async (...given) => {
          const error = answers.shift();
          if (error !== undefined) throw error;
          return findManifest?.(...given);
        },
      },
    });
    expect(outcome.published).toMatchObject([{ name, digest, attempts: 2 }]);
  });

  test.each([
    ['', { via: 'direct' as const }, { isVerified: true, confirmedBy: 'direct' }],
    [
      ', unverified where nobody can ask',
      undefined,
      { isVerified: false, confirmedBy: 'push-stream', unverifiedReason: 'Reset.' },
    ],
  ])('is published when the time for retries ends while it is confirmed%s', async (_, found, expected) => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const engine = engineWith(references);
    engine.script(
      name,
      () => {
        jest.advanceTimersByTime(69_000);
        throw gateway();
      },
      () => {
        jest.advanceTimersByTime(15_000);
      },
    );
    let looks = 0;
    const findManifest: MemoryEngine['port']['findManifest'] = async (__, { signal } = {}) => {
      // Of the first try, which the registry answered badly.
      if (engine.calls.filter((call) => call.startsWith('push ')).length === 1) return undefined;
      looks += 1;
      if (looks === 1) jest.advanceTimersByTime(10_000);
      if (signal?.aborted === true) throw new DockError('CANCELLED', 'The call was cancelled.');
      if (found === undefined) throw new DockError('REGISTRY_UNREACHABLE', 'Reset.');
      return looks < 6 ? undefined : { ...manifest, ...found };
    };
    const outcome = await pushAll(references, { ...engine, port: { ...engine.port, findManifest } });
    expect(outcome.error).toBeUndefined();
    expect(outcome.published).toMatchObject([{ name, digest, attempts: 2, ...expected }]);
    expect(outcome.unpublished).toEqual([]);
  });

  test('is refused when the tag holds another image', async () => {
    const engine = engineWith(references);
    engine.script(name, arriving(engine, immutable(), { ...manifest, configDigest: other }));
    const { error, unpublished } = await pushAll(references, engine);
    expect(error?.code).toBe('PUSH_REFUSED');
    expect(unpublished).toEqual([expect.not.objectContaining({ isUncertain: true })]);
  });

  test('whose manifest was taken, and is never shown, may be out', async () => {
    const engine = engineWith(references);
    const findManifest = async () => undefined;
    const { error, unpublished } = await pushAll(
      references,
      { ...engine, port: { ...engine.port, findManifest } },
      { retries: 1 },
    );
    expect(error).toMatchObject({ code: 'REGISTRY_ERROR', message: expect.stringContaining('has no such image') });
    expect(unpublished).toMatchObject([{ isUncertain: true, attempts: 2 }]);
  });

  test('that says it took the manifest, in words that the engine does not take, may be out', async () => {
    const engine = engineWith(references);
    engine.script(
      name,
      new DockError('REGISTRY_ERROR', 'Invalid digest.', { retryable: false, details: { isTaken: true } }),
    );
    const { unpublished } = await pushAll(references, engine);
    expect(unpublished).toMatchObject([{ isUncertain: true }]);
  });

  test('counts no try that has brought a layer over', async () => {
    const engine = engineWith(references);
    let tries = 0;
    const pushImage: MemoryEngine['port']['pushImage'] = async (...given) => {
      tries += 1;
      const layer = { type: 'push.progress', reference: name, layer: `layer ${tries}`, status: 'Pushed' } as const;
      await given[1]?.onEvent?.(layer);
      if (tries < 6) throw gateway();
      return engine.port.pushImage!(...given);
    };
    const { published } = await pushAll(references, { ...engine, port: { ...engine.port, pushImage } }, { retries: 1 });
    expect(published).toMatchObject([{ attempts: 6 }]);
  });
});

describe('verify: required', () => {
  const references = [reference('a:5000'), reference('a:5000', 'latest', { isFloating: true })];

  test.each([
    ['a registry that cannot be asked', new DockError('REGISTRY_UNREACHABLE', 'No route to "a:5000".')],
    ['an account that may not read', new DockError('AUTH_FAILED', 'It may not read.')],
  ])('makes a failure of %s, moves no floating name and claims nothing', async (_, failure) => {
    const engine = engineWith(references);
    const findManifest = async () => Promise.reject(failure);
    const { error, published, unpublished } = await pushAll(
      references,
      { ...engine, port: { ...engine.port, findManifest } },
      { verify: 'required' },
    );
    expect(error).toMatchObject({ code: 'PUSH_UNCONFIRMED', exitStatus: 3 });
    expect(error?.message).toContain(failure.message);
    expect(published).toEqual([]);
    expect(unpublished.map(({ isUncertain }) => isUncertain)).toEqual([true, undefined]);
    expect(pushes(engine)).toEqual(['push a:5000/team/app:1']);
  });

  test.each([
    ['required', false, 'PUSH_UNCONFIRMED'],
    ['off', 'required', undefined],
    ['auto', 'required', undefined],
  ] as const)('said of the run as "%s", wins over the option %j', async (verify, option, code) => {
    const engine = engineWith(references);
    const findManifest = async () => Promise.reject(new DockError('AUTH_FAILED', 'It may not read.'));
    const { error } = await pushAll(
      references,
      { ...engine, port: { ...engine.port, findManifest } },
      { verify: option },
      { context: { verify } },
    );
    expect(error?.code).toBe(code);
  });

  test('changes nothing of a push that is confirmed', async () => {
    const { error, published } = await pushAll(references, engineWith(references), { verify: 'required' });
    expect(error).toBeUndefined();
    expect(published).toHaveLength(2);
  });
});

describe('what the registry holds', () => {
  test('is a failure when its bytes are not those of its digest', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    const findManifest = async () => Promise.reject(new DockError('DIGEST_MISMATCH', 'Other bytes.'));
    const { error, published, unpublished } = await pushAll(references, {
      ...engine,
      port: { ...engine.port, findManifest },
    });
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', exitStatus: 1 });
    expect([published, unpublished]).toMatchObject([[], [{ isUncertain: true }]]);
  });

  test('is DIGEST_MISMATCH when it is another manifest', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.registry.set('a:5000/team/app:1', { digest: other, mediaType: 'm', platforms: [], via: 'engine' });
    const { error, published } = await pushAll(references, engine);
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', exitStatus: 1 });
    expect(error?.message).toContain(digest);
    expect(error?.message).toContain(other);
    expect(published).toEqual([]);
    expect(pushes(engine)).toHaveLength(1);
  });

  test('is told with the way out when it is an index with the image in it, which an engine leaves as it is', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    const platforms = [
      { platform: 'linux/amd64', digest },
      { platform: 'linux/arm64', digest: other },
    ];
    engine.registry.set('a:5000/team/app:1', { digest: other, mediaType: 'index', platforms, via: 'direct' });
    const { error } = await pushAll(references, engine);
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', hint: expect.stringContaining('--builder') });
  });

  test('is DIGEST_MISMATCH when the manifest holds another image', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.registry.set('a:5000/team/app:1', {
      digest,
      mediaType: 'm',
      configDigest: other,
      platforms: [],
      via: 'direct',
    });
    const { error } = await pushAll(references, engine);
    expect(error?.code).toBe('DIGEST_MISMATCH');
    expect(error?.message).toContain(image.configDigest);
  });

  test('is confirmed for an index when every platform that was built is in it', async () => {
    const arm = `sha256:${'c'.repeat(64)}`;
    const both = builtImage({
      platforms: [
        { platform: 'linux/amd64', configDigest: image.configDigest },
        { platform: 'linux/arm64', configDigest: arm },
      ],
    });
    const references = [reference('a:5000')];
    const index = (...configDigests: string[]) => ({
      digest,
      mediaType: 'index',
      platforms: configDigests.map((configDigest) => ({ platform: 'linux/any', configDigest })),
      via: 'engine' as const,
    });
    const whole = engineWith(references);
    whole.registry.set('a:5000/team/app:1', index(image.configDigest, arm, other));
    const half = engineWith(references);
    half.registry.set('a:5000/team/app:1', index(image.configDigest));
    const good = await pushAll(references, whole, {}, { context: { image: both, references } });
    const bad = await pushAll(references, half, {}, { context: { image: both, references } });
    expect(good.value?.[0]).toMatchObject({ isVerified: true, configDigest: image.configDigest });
    expect(bad.error?.code).toBe('DIGEST_MISMATCH');
  });

  test('is unverified, with a warning, when nobody can ask', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    const findManifest = async () => {
      throw new DockError('REGISTRY_UNREACHABLE', 'No route to "a:5000".');
    };
    const { value, warnings, error } = await pushAll(references, { ...engine, port: { ...engine.port, findManifest } });
    expect(error).toBeUndefined();
    expect(value?.[0]).toMatchObject({
      isVerified: false,
      confirmedBy: 'push-stream',
      unverifiedReason: 'No route to "a:5000".',
    });
    expect(warnings[0]?.message).toContain('could not be confirmed');
  });

  test.each([
    ['unverified, with a warning, when the engine cannot say either', undefined],
    ['unverified when the engine pushed another image under that digest', other],
    ['confirmed when the engine pushed the image under that digest', image.id],
  ])('whose manifest cannot be read is %s', async (_, pushedId) => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.registry.set('a:5000/team/app:1', { digest, mediaType: 'm', platforms: [], via: 'engine' });
    if (pushedId !== undefined) engine.names.set(`a:5000/team/app@${digest}`, pushedId);
    const { value, warnings, error } = await pushAll(references, engine);
    expect(error).toBeUndefined();
    const isVerified = pushedId === image.id;
    expect(value?.[0]).toMatchObject({ digest, confirmedBy: 'engine', isVerified });
    expect(value?.[0]?.unverifiedReason === undefined).toBe(isVerified);
    const told = warnings.filter(({ message }) => message.includes('could not be confirmed: The registry holds'));
    expect([told.length, warnings.length]).toEqual(isVerified ? [0, 0] : [1, 1]);
  });

  test('of a containerd image is confirmed by the digest alone, which is its own', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.registry.set('a:5000/team/app:1', { digest, mediaType: 'm', platforms: [], via: 'engine' });
    const own = { ...image, store: 'containerd' as const, manifestDigest: digest };
    const { value } = await pushAll(references, engine, {}, { context: { image: own, references } });
    expect(value?.[0]).toMatchObject({ isVerified: true, confirmedBy: 'engine' });
  });

  test('is looked at again when it shows late', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    let looks = 0;
    const findManifest = async () => {
      looks += 1;
      return looks < 3
        ? undefined
        : { digest, mediaType: 'm', configDigest: image.configDigest, platforms: [], via: 'engine' as const };
    };
    const { value } = await pushAll(references, { ...engine, port: { ...engine.port, findManifest } });
    expect(value?.[0]).toMatchObject({ attempts: 1, isVerified: true });
    expect(looks).toBe(3);
  });

  test('is not asked for with verify: false', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    const { value, warnings } = await pushAll(references, engine, { verify: false });
    expect(value?.[0]).toMatchObject({ isVerified: false, confirmedBy: 'push-stream' });
    expect(engine.calls).toEqual(['push a:5000/team/app:1']);
    expect(warnings).toEqual([]);
  });
});

describe('names', () => {
  const name = 'a:5000/team/app:1';

  test('TAG_MOVED, with both IDs, when a name is somebody else’s right before the push', async () => {
    const references = [reference('a:5000')];
    const engine = engineWith(references);
    engine.names.set(name, other);
    const { error } = await pushAll(references, engine);
    expect(error).toMatchObject({ code: 'TAG_MOVED', exitStatus: 1 });
    expect(error?.message).toContain(image.id);
    expect(error?.message).toContain(other);
    expect(pushes(engine)).toEqual([]);
    expect(engine.names.get(name)).toBe(other);
  });

  test('a name that is only for the push is gone afterwards', async () => {
    const engine = engineWith([reference('docker.io')]);
    const { error } = await pushAll([reference('a:5000', '1', { isPublishOnly: true })], engine);
    expect(error).toBeUndefined();
    expect([...engine.names.keys()]).toEqual(['docker.io/team/app:1']);
  });

  test('a name that is only for the push names again what it named before', async () => {
    const engine = engineWith([reference('docker.io')]);
    engine.names.set(name, other);
    const { error } = await pushAll([reference('a:5000', '1', { isPublishOnly: true })], engine);
    expect(error).toBeUndefined();
    expect(engine.names.get(name)).toBe(other);
  });

  test('both hold after a failing push', async () => {
    const engine = engineWith([reference('docker.io')]);
    engine.names.set('b:5000/team/app:1', other);
    engine.script(name, refused());
    engine.script('b:5000/team/app:1', refused());
    const { error } = await pushAll(
      [reference('a:5000', '1', { isPublishOnly: true }), reference('b:5000', '1', { isPublishOnly: true })],
      engine,
    );
    expect(error?.code).toBe('AUTH_FAILED');
    expect(Object.fromEntries(engine.names)).toEqual({ 'docker.io/team/app:1': image.id, 'b:5000/team/app:1': other });
  });

  test('both hold after a cancelled push that never ends', async () => {
    const engine = engineWith([reference('docker.io')]);
    const controller = new AbortController();
    engine.script(name, async () => {
      controller.abort(new DockError('CANCELLED', 'The run was cancelled.'));
      await new Promise(() => undefined);
    });
    const outcome = await pushAll(
      [reference('a:5000', '1', { isPublishOnly: true })],
      engine,
      {},
      { signal: controller.signal },
    );
    expect(outcome.error?.code).toBe('CANCELLED');
    expect([...engine.names.keys()]).toEqual(['docker.io/team/app:1']);
  });

  test('a name that somebody takes while it is lent stays theirs', async () => {
    const engine = engineWith([reference('docker.io')]);
    engine.script(name, () => void engine.names.set(name, other));
    const { error } = await pushAll([reference('a:5000', '1', { isPublishOnly: true })], engine);
    expect(error?.code).toBe('DIGEST_MISMATCH');
    expect(engine.names.get(name)).toBe(other);
  });

  test('a lent name that somebody removes meanwhile is given again for the retry, and leaves nothing', async () => {
    const engine = engineWith([reference('docker.io')]);
    engine.script(name, () => {
      engine.names.delete(name);
      throw busy();
    });
    const { value } = await pushAll([reference('a:5000', '1', { isPublishOnly: true })], engine);
    expect(value?.[0]).toMatchObject({ attempts: 2, isVerified: true });
    expect(engine.names.has(name)).toBe(false);
  });

  test('the only name of an image stays, with a warning, so that the image is kept', async () => {
    const engine = memoryEngine();
    const references = ['a:5000', 'b:5000'].map((registry) => reference(registry, '1', { isPublishOnly: true }));
    const { warnings } = await pushAll(references, engine);
    expect(engine.names.size).toBe(1);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining(`the only name of the image ${image.id}`),
    ]);
  });
});

describe('preflight', () => {
  const preflight = async (references: readonly TargetReference[], engine: MemoryEngine['port'], isPublishing = true) =>
    runPlugin(push({ backoffMs: 1 }), {
      hook: 'prebuild',
      value: buildSpec({ references }),
      engine,
      context: { isPublishing },
    });

  test('asks each repository once, none that stays local', async () => {
    const { port, calls } = memoryEngine();
    const { error, reports } = await preflight(
      [
        reference('a:5000'),
        reference('a:5000', '2'),
        reference('b:5000'),
        reference('c:5000', '1', { isLocalOnly: true }),
      ],
      port,
    );
    expect(error).toBeUndefined();
    expect(calls).toEqual(['probe a:5000/team/app', 'probe b:5000/team/app']);
    expect(reports).toMatchObject([{ repositories: ['a:5000/team/app', 'b:5000/team/app'] }]);
  });

  test('asks nothing when the run does not publish', async () => {
    const { port, calls } = memoryEngine();
    await preflight([reference('a:5000')], port, false);
    expect(calls).toEqual([]);
  });

  test.each([[[]], [[reference('a:5000', '1', { isLocalOnly: true })]]])(
    'refuses a run that would publish nothing',
    async (references) => {
      const { error } = await preflight(references, memoryEngine().port);
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('--tag') });
    },
  );

  test('fails before the build with what weighs most, the rest attached', async () => {
    const probeRegistry = async ({ registry }: { registry: string }) => {
      throw registry === 'b:5000' ? refused() : new DockError('REGISTRY_UNREACHABLE', `No route to "${registry}".`);
    };
    const { error } = await preflight([reference('a:5000'), reference('b:5000')], { probeRegistry });
    expect(error?.code).toBe('AUTH_FAILED');
    expect(error?.attached.map(({ code }) => code)).toEqual(['REGISTRY_UNREACHABLE']);
  });

  test('asks a busy registry again', async () => {
    const answers = [busy()];
    const probeRegistry = async ({ registry }: { registry: string }) => {
      const error = answers.shift();
      if (error !== undefined) throw error;
      return { registry, hasCredentials: false, via: 'engine' as const };
    };
    const { error } = await preflight([reference('a:5000')], { probeRegistry });
    expect(error).toBeUndefined();
  });
});

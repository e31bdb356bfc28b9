import { describe, expect, test } from '@jest/globals';
import type { BuildSpec } from '../../src/contracts/build-spec.js';
import type { EngineImage, EngineImageDraft, PublishedImage } from '../../src/contracts/image.js';
import type { EnginePort } from '../../src/contracts/engine-port.js';
import { parseImageReference } from '../../src/reference/parse-image-reference.js';
import { builtImage } from '../hooks/fixtures.js';
import { plugin, tryRun } from './pipeline-fixture.js';

const other = `sha256:${'b'.repeat(64)}`;
const digest = `sha256:${'d'.repeat(64)}`;

describe('bases follow the text that will be built', () => {
  const text = 'FROM r.example/a:1 AS one\nRUN true\nFROM r.example/b:1\nCOPY --from=one /x /x\n';
  const run = async (...taps: ((spec: BuildSpec) => BuildSpec | undefined)[]) => {
    const plugins = taps.map((tap, index) => plugin(`p${index}`, (dock) => dock.hooks.prebuild.tap(`p${index}`, tap)));
    const { result } = await tryRun(plugins, { dockerfile: text });
    return { result, bases: result.bases.map(({ text: name, line, id }) => [name, line, id]) };
  };
  const withText = (spec: BuildSpec, changed: string): BuildSpec => ({
    ...spec,
    dockerfile: { ...spec.dockerfile, text: changed },
  });
  const tell = (spec: BuildSpec): BuildSpec => ({ ...spec, bases: spec.bases.map((base) => ({ ...base, id: other })) });

  test('an image that a tap writes into a FROM is one, and the one that was there is none', async () => {
    const { bases } = await run((spec) => withText(spec, 'FROM evil.example/x\n'));
    expect(bases).toEqual([['evil.example/x', 1, undefined]]);
  });

  test('what was found of an image stays, in the line where it is now', async () => {
    const { bases } = await run(tell, (spec) =>
      withText(spec, `# more\n${spec.dockerfile.text}COPY --from=r.example/c /y /y\n`),
    );
    expect(bases).toEqual([
      ['r.example/a:1', 2, other],
      ['r.example/b:1', 4, other],
      ['r.example/c', 6, undefined],
    ]);
  });

  test('a base that a tap leaves out is there, and one that the text does not name any more is not', async () => {
    expect((await run((spec) => ({ ...spec, bases: [] }))).bases).toEqual([
      ['r.example/a:1', 1, undefined],
      ['r.example/b:1', 3, undefined],
    ]);
    const { bases } = await run((spec) => withText(tell(spec), text.replace('b:1', 'b:2')));
    expect(bases).toEqual([
      ['r.example/a:1', 1, other],
      ['r.example/b:2', 3, undefined],
    ]);
  });

  test('an image under the digest that it is pinned to is the same one', async () => {
    const pin = (spec: BuildSpec): BuildSpec => ({
      ...withText(spec, text.replace('a:1', `a@${digest}`).replace('b:1', `b@${digest}`)),
      bases: spec.bases.map((base) => ({ ...base, digest, id: other })),
    });
    const { result, bases } = await run(pin, (spec) => withText(spec, `# moved\n${spec.dockerfile.text}`));
    expect(bases).toEqual([
      ['r.example/a:1', 2, other],
      ['r.example/b:1', 4, other],
    ]);
    expect(result.bases).toMatchObject([{ digest }, { digest }]);
  });

  test('what a base triggers stays, and goes with the base', async () => {
    const triggered = {
      use: 'copy-from' as const,
      text: 't',
      reference: parseImageReference('r.example/t:1'),
      line: 3,
    };
    const add = (spec: BuildSpec): BuildSpec => ({ ...spec, bases: [...spec.bases, triggered] });
    expect((await run(add, (spec) => withText(spec, `#\n${text}`))).bases.map(([name]) => name)).toContain('t');
    expect((await run(add, (spec) => withText(spec, 'FROM scratch\nCOPY . /\n'))).bases).toEqual([]);
  });

  test('a text that is none is the fault of its tap', async () => {
    const { result } = await run((spec) => withText(spec, 'NONSENSE\n'));
    expect(result.error).toMatchObject({ exitStatus: 2, plugin: 'p0', hook: 'prebuild' });
    expect(result.error?.code).toMatch(/^DOCKERFILE_/);
  });
});

describe('an image that a tap returns is the one that the engine has', () => {
  const image = builtImage();
  const actual: EngineImage = {
    ...image,
    configDigest: other,
    platforms: [{ platform: 'linux/amd64', configDigest: other }],
  };
  const run = async (hook: 'build' | 'prepublish', returned: EngineImageDraft, engine: Partial<EnginePort> = {}) => {
    const tap = plugin('squash', ({ hooks }) =>
      hook === 'build' ? hooks.build.tap('squash', () => returned) : hooks.prepublish.tap('squash', () => returned),
    );
    return tryRun([tap], { engine });
  };

  test.each(['build', 'prepublish'] as const)('in %s: one that it has is taken', async (hook) => {
    const { result, calls } = await run(hook, actual, { builtImage: async () => actual });
    expect([result.status, result.image]).toEqual(['ok', actual]);
    expect(calls).toContain('tag docker.io/library/hello:1');
  });

  test.each([
    ['another config', image, /configDigest is "sha256:b+", not "sha256:a+"/],
    [
      'another store',
      { ...actual, place: { ...actual.place, store: 'containerd' }, store: 'containerd' },
      /store is "classic", not "containerd"/,
    ],
    ['a manifest digest that it has not', { ...actual, manifestDigest: digest }, /manifestDigest is "none"/],
    [
      'a platform that it has not',
      { ...actual, platforms: [{ platform: 'linux/arm64', configDigest: other }] },
      /platform "linux\/arm64"/,
    ],
  ] as const)('%s is refused before anything gets a name', async (_, returned, message) => {
    for (const hook of ['build', 'prepublish'] as const) {
      const { result, calls } = await run(hook, returned as EngineImageDraft, { builtImage: async () => actual });
      expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', exitStatus: 5, plugin: 'squash', hook, phase: hook });
      expect(result.error?.message).toMatch(message);
      expect(calls.filter((call) => call.startsWith('tag'))).toEqual([]);
    }
  });

  test('one that the engine does not know is the fault of its tap', async () => {
    const { DockError } = await import('../../src/errors/dock-error.js');
    const { result } = await run('prepublish', image, {
      builtImage: async () => {
        throw new DockError('IMAGE_NOT_FOUND', 'No.');
      },
    });
    expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', plugin: 'squash', phase: 'prepublish' });
    expect(result.error?.message).toContain(`The engine has no image "${image.id}"`);
  });
});

describe('what a push tap reports', () => {
  const reference = parseImageReference('docker.io/library/hello:1');
  const good: PublishedImage = {
    reference,
    name: 'docker.io/library/hello:1',
    registry: 'docker.io',
    digest,
    configDigest: builtImage().configDigest,
    attempts: 1,
    confirmedBy: 'direct',
    isVerified: true,
    durationMs: 1,
  };
  const pushImage: EnginePort['pushImage'] = async () => ({ digest, size: 1 });
  const run = async (reported: readonly PublishedImage[], { isPushed = false, way = 'return' } = {}) =>
    tryRun(
      [
        plugin(
          'p',
          (dock) =>
            dock.hooks.push.tap('p', async (_, [first], __, context) => {
              if (isPushed && first !== undefined) await context.engine.pushImage(first);
              if (way === 'return') return reported;
              for (const each of reported) context.reportPublished(each);
              return undefined;
            }),
          { publishes: true },
        ),
      ],
      { engine: { pushImage } },
    );

  test.each(['return', 'report'])('is taken when it is so (%s)', async (way) => {
    for (const isPushed of [true, false])
      expect((await run([good], { way, isPushed })).result).toMatchObject({ status: 'ok', publishedState: 'complete' });
  });

  test.each([
    [
      'a reference that was not asked for',
      { reference: { ...reference, tag: '2' }, name: 'docker.io/library/hello:2' },
      /was not to publish it/,
    ],
    ['another registry', { registry: 'r.example' }, /for the registry "r\.example"/],
    ['another name', { name: 'docker.io/library/other:1' }, /under the name/],
    ['another image', { configDigest: other }, /config "sha256:b+"/],
  ])('is refused for %s', async (_, change, message) => {
    for (const way of ['return', 'report']) {
      const { result } = await run([{ ...good, ...change }], { way });
      expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', plugin: 'p', hook: 'push' });
      expect(result.error?.message).toMatch(message);
      expect(result.published).toEqual([]);
    }
  });

  test('is refused for another digest than the push had', async () => {
    const { result } = await run([{ ...good, digest: other }], { isPushed: true });
    expect(result.error?.message).toMatch(/digest "sha256:b+", and what was transferred has "sha256:d+"/);
    expect(result.published).toEqual([]);
  });

  test('is refused for another digest than was reported before', async () => {
    const later = plugin('later', (dock) =>
      dock.hooks.push.tap('later', (published) => published.map((each) => ({ ...each, digest: other })), {
        stage: 'promote',
      }),
    );
    const first = plugin('p', (dock) => dock.hooks.push.tap('p', () => [good]), { publishes: true });
    const { result } = await tryRun([first, later]);
    expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', plugin: 'later' });
    expect(result.published).toMatchObject([{ digest }]);
  });
});

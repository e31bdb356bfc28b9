import { describe, expect, test } from '@jest/globals';
import {
  type BuiltImage,
  type BuildSpec,
  type DockPlugin,
  defineConfig,
  parseConfig,
  type PublishedImage,
  type TargetReference,
} from '../../src/index.js';
import { createHookSet } from '../../src/hooks/hook-set.js';

// The compiler fails where an expected error is missing: each of these lines is a test of the types. What it says is also what happens.

const labels = { 'com.example': 'yes' };
const parse = async (config: unknown) =>
  parseConfig(config, '/project/dock.config.ts', { directory: '/project', env: {} });
const plugin = (apply: DockPlugin['apply']): DockPlugin => ({ name: 'own', apply });
const applied = async (own: DockPlugin) => createHookSet([own], '0.0.0');

describe('a key that a config does not have', () => {
  test.each([
    // @ts-expect-error lables is no key.
    ['in an object', defineConfig({ image: 'x:1', lables: labels })],
    // @ts-expect-error lables is no key.
    ['from a function', defineConfig(() => ({ image: 'x:1', lables: labels }))],
    // @ts-expect-error lables is no key.
    ['from a function of its context', defineConfig(({ env }) => ({ image: env['IMAGE'] ?? 'x:1', lables: labels }))],
    // @ts-expect-error lables is no key.
    ['from an async function', defineConfig(async () => ({ image: 'x:1', lables: labels }))],
    // @ts-expect-error lables is no key.
    ['beside what is spread', defineConfig({ ...{ image: 'x:1' }, lables: labels })],
    // @ts-expect-error lables is no key.
    ['in one of two', defineConfig(() => (labels['com.example'] === 'yes' ? { lables: labels } : { image: 'x:1' }))],
  ])('%s', async (_case, config) => {
    await expect(parse(config)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('lables'),
    });
  });

  test.each([
    // @ts-expect-error pushIdleMz is no key.
    ['of its limits', 'pushIdleMz', defineConfig({ timeouts: { pushIdleMz: 1 } })],
    // @ts-expect-error envv is no key.
    ['of a secret', 'envv', defineConfig(() => ({ secrets: [{ id: 'a', env: 'A', envv: 'A' }] }))],
  ])('%s', async (_case, key, config) => {
    await expect(parse(config)).rejects.toMatchObject({ message: expect.stringContaining(key) });
  });

  test('is refused, and what a config has is not', async () => {
    const context = { directory: '/project', env: { IMAGE: 'x:2' } };
    const made = defineConfig(({ env }) => ({
      image: env['IMAGE'] ?? 'x:1',
      labels,
      plugins: [plugin(() => undefined)],
    }));
    expect(made(context).image).toBe('x:2');
    const later = defineConfig(async ({ directory }) => ({ source: directory, platforms: ['linux/amd64'] }));
    expect((await later(context)).source).toBe('/project');
    expect(defineConfig({ image: ['x:1', 'x:2'], builder: 'classic' }).image).toEqual(['x:1', 'x:2']);
  });
});

test('an apply that is async', async () => {
  const wait = async (): Promise<void> => Promise.resolve();
  // @ts-expect-error apply returns nothing.
  const asyncOne: DockPlugin = { name: 'own', async apply() {} };
  // @ts-expect-error apply returns nothing.
  const asyncArrow = plugin(async (dock) => dock.hooks.prepublish.tap('own', wait));
  // @ts-expect-error apply returns nothing.
  const promising = plugin(() => wait());
  for (const each of [asyncOne, asyncArrow, promising])
    await expect(applied(each)).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('asynchronous'),
    });
  await applied(plugin((dock) => dock.hooks.prepublish.tap('own', wait)));
  await applied({ name: 'own', apply() {} });
});

describe('a key that the value of a hook does not have', () => {
  const image = { id: 'sha256:1' } as BuiltImage;
  const references: readonly TargetReference[] = [];
  const published: readonly PublishedImage[] = [];

  test('is refused by the compiler, from every way of tapping', async () => {
    const own = plugin(({ hooks }) => {
      // @ts-expect-error lables is no key.
      hooks.prebuild.tap('sync', (spec) => ({ ...spec, lables: labels }));
      // @ts-expect-error lables is no key.
      hooks.prebuild.tap('async', async (spec) => ({ ...spec, lables: labels }));
      // @ts-expect-error lables is no key.
      hooks.prebuild.tapPromise('promise', async (spec) => ({ ...spec, lables: labels }));
      // @ts-expect-error lables is no key.
      hooks.prebuild.tapAsync('callback', (spec, _context, done) => done(undefined, { ...spec, lables: labels }));
      // @ts-expect-error lables is no key.
      hooks.prebuild.tap('sometimes', (spec) => (spec.references.length > 0 ? undefined : { ...spec, lables: labels }));
      // @ts-expect-error digets is no key.
      hooks.prepublish.tap('image', (one) => ({ ...one, digets: 'sha256:2' }));
      // @ts-expect-error isPublishOnli is no key.
      hooks.postbuild.tap('list', (list) => list.map((each) => ({ ...each, isPublishOnli: true })));
      // @ts-expect-error digets is no key.
      hooks.push.tap('published', async (list) => list.map((each) => ({ ...each, digets: 'sha256:2' })));
      // @ts-expect-error contextDri is no key.
      hooks.source.tap('source', () => ({ kind: 'path', directory: '/a', contextDir: '/a', contextDri: '/b' }));
    });
    const hooks = await applied(own);
    expect(hooks.count('prebuild')).toBe(5);
  });

  test('is refused, and what the hook takes is not', async () => {
    const given: BuildSpec[] = [];
    const own = plugin(({ hooks }) => {
      hooks.prebuild.tap('edit', (spec) => ({ ...spec, labels: { ...spec.labels, ...labels } }));
      hooks.prebuild.tap('look', async (spec) => void given.push(spec));
      hooks.prebuild.tap('sometimes', (spec) => (spec.references.length > 0 ? undefined : spec), {
        stage: 'preflight',
      });
      hooks.prebuild.tapPromise('promise', async (spec) => spec);
      hooks.prebuild.tapAsync('callback', (spec, _context, done) => done(undefined, { ...spec, noCache: true }));
      hooks.source.tap('source', () => ({ kind: 'path', directory: '/a', contextDir: '/a' }));
      hooks.build.tap('build', async () => image);
      hooks.prepublish.tap('veto', () => {
        throw new Error('no');
      });
      hooks.prepublish.tap('keep', () => image);
      hooks.postbuild.tap('narrow', (list) => list.filter((each) => each.tag !== 'latest'));
      hooks.postbuild.tap('none', async () => references);
      hooks.push.tap('more', (list) => [...list, ...published], { stage: 'attest' });
      hooks.cleanup.tap('after', async () => Promise.resolve());
    });
    expect((await applied(own)).count('prebuild')).toBe(5);
  });
});

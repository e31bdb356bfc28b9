import { describe, expect, test } from '@jest/globals';
import type { BuiltImage, EngineImageDraft } from '../../src/contracts/image.js';
import { describeImage, engineImage } from '../../src/run/engine-image.js';
import { plugin, pretendPush, tryRun } from './pipeline-fixture.js';

const id = `sha256:${'c'.repeat(64)}`;
const manifest = `sha256:${'d'.repeat(64)}`;
const draft: EngineImageDraft = { id, store: 'classic', configDigest: id, platforms: [] };
const place = { kind: 'registry', repository: 'r.example.com/team/app', digest: manifest } as const;
const remote: BuiltImage = { place, configDigest: id, manifestDigest: manifest, platforms: [] };

const builds = (image: unknown) =>
  plugin('builder', (dock) => dock.hooks.build.tap('build', () => image as EngineImageDraft));

describe('where a built image is', () => {
  test('is said for an image in an engine, also when the tap that returned it did not', async () => {
    const { result, written } = await tryRun([builds(draft)]);
    expect(result.image).toEqual({ place: { kind: 'engine', id, store: 'classic' }, ...draft });
    expect(written.image).toEqual(result.image);
  });

  test.each([
    ['another ID', { ...draft, place: { kind: 'engine', id: manifest, store: 'classic' } }],
    ['another store', { ...draft, place: { kind: 'engine', id, store: 'containerd' } }],
    ['a registry beside an ID', { ...draft, place }],
    ['a registry without a digest', { ...remote, place: { kind: 'registry', repository: 'r.example.com/app' } }],
    ['a place that is none', { ...remote, place: { kind: 'moon' } }],
    ['nothing', { configDigest: id, platforms: [] }],
  ])('that is %s is no value of the hook', async (_, image) => {
    const { result, calls } = await tryRun([builds(image)]);
    expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', plugin: 'builder', hook: 'build' });
    expect(calls).toEqual(['close']);
  });

  test('may be a registry: no engine gives it a name, and it is published under those that were asked for', async () => {
    const { result, calls } = await tryRun([builds(remote), pretendPush()]);
    expect(result).toMatchObject({ status: 'ok', image: remote, names: [], publishedState: 'complete' });
    expect(calls).toEqual(['close']);
  });

  test('may not be a registry when a name of an engine was asked for', async () => {
    const { result } = await tryRun([builds(remote), pretendPush()], {
      request: { tags: ['team/app:1'], targetRegistries: ['r.example.com'] },
    });
    expect(result.error).toMatchObject({ code: 'IMAGE_NOT_IN_ENGINE', exitStatus: 2, phase: 'postbuild' });
    expect(result.error?.message).toBe(
      `The name "docker.io/team/app:1" needs the image in an engine, and it is in a registry: r.example.com/team/app@${manifest}.`,
    );
    expect(result.publishedState).toBe('none');
  });
});

test('an image is named by its ID, its digest or its directory', () => {
  expect(describeImage({ place: { kind: 'engine', id, store: draft.store }, ...draft })).toBe(id);
  expect(describeImage(remote)).toBe(`r.example.com/team/app@${manifest}`);
  const layout: BuiltImage = { configDigest: id, platforms: [], place: { kind: 'layout', directory: '/out' } };
  expect(describeImage(layout)).toBe('/out');
  expect(() => engineImage(layout, 'Gate "smoke"')).toThrow('Gate "smoke" needs the image in an engine');
});

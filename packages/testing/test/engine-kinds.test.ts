import { expect, test } from '@jest/globals';
import { engineKindNames, engineKinds } from '../src/index.js';

const names = (asked?: string) =>
  engineKinds(asked === undefined ? {} : { DOCK_TESTING_ENGINES: asked }).map(({ version, store }) => [version, store]);

test('suites run on what is installed without being asked for', () => {
  const expected = [
    ['20.10', 'classic'],
    ['26', 'classic'],
    ['26', 'containerd'],
  ];
  expect(names()).toEqual(expected);
  expect(names('')).toEqual(expected);
});

test('a variable names other engines, in its order; podman builds without BuildKit', () => {
  expect(names('podman,28-containerd')).toEqual([
    ['podman', 'classic'],
    ['28', 'containerd'],
  ]);
  expect(engineKinds({ DOCK_TESTING_ENGINES: 'podman' })[0]?.builders).toEqual(['classic']);
  expect(engineKinds({ DOCK_TESTING_ENGINES: '28-classic' })[0]?.builders).toEqual(['buildkit', 'classic']);
});

test('an engine that the rig does not have is refused with those that it has', () => {
  expect(() => engineKinds({ DOCK_TESTING_ENGINES: '19-classic' })).toThrow(/no engine "19-classic"/);
  expect(engineKindNames).toEqual([
    '20.10-classic',
    '26-classic',
    '26-containerd',
    '28-classic',
    '28-containerd',
    'podman',
  ]);
});

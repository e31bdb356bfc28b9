import { describe, expect, test } from '@jest/globals';
import { type DockRunner, here } from '@dock/core';
import { hostDocker } from '@dock/runner-host-docker';
import { chooseRunner } from '../src/runners/choose-runner.js';

const configured = hostDocker({ buildImage: 'build:1', passEnv: ['A'], network: 'host' });
const foreign: DockRunner = { name: 'foreign', run: () => Promise.reject(new Error('not run')) };

describe('the runner of a build', () => {
  test.each<[string, Parameters<typeof chooseRunner>[0], object]>([
    ["is the config's", { runner: configured, options: {} }, configured],
    ['is the one that a flag names', { runner: configured, method: 'here', options: {} }, { name: 'here' }],
    [
      "is the config's with one option changed",
      { runner: configured, options: { buildImage: 'build:2', keep: undefined } },
      { name: 'host-docker', options: { buildImage: 'build:2', passEnv: ['A'], network: 'host' } },
    ],
    [
      'is made from flags alone',
      { method: 'host-docker', options: { buildImage: 'build:2' } },
      { name: 'host-docker', options: { buildImage: 'build:2' } },
    ],
    [
      "denies an option of the config's",
      { runner: hostDocker({ buildImage: 'build:1', keep: true }), options: { keep: false } },
      { name: 'host-docker', options: { buildImage: 'build:1', keep: false } },
    ],
    ["denies what nobody asked for: the config's", { runner: configured, options: { load: false } }, configured],
    ['denies what no build container does', { method: 'here', options: { keep: false } }, { name: 'here' }],
  ])('%s', async (_, choice, expected) => {
    expect(await chooseRunner(choice)).toMatchObject(expected);
  });

  test.each<[string, Parameters<typeof chooseRunner>[0], RegExp]>([
    ['an option of build containers without one', { options: { keep: true } }, /"keep" is for build containers/],
    ['the same with here() in the config', { runner: here(), options: { keep: true } }, /"keep"/],
    ['a container runner without a build image', { method: 'host-docker', options: {} }, /needs a build image/],
    ["an option for somebody else's runner", { runner: foreign, options: { keep: true } }, /"foreign".*"keep"/],
  ])('%s is refused', async (_, choice, message) => {
    await expect(chooseRunner(choice)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
    });
  });
});

import { expect, test } from '@jest/globals';
// Loaded beforehand: jest cannot load a module by two imports at once.
import '@dock/build-container';
import { buildImageInPrivilegedContainer } from '../src/index.js';

const call = { gitUrl: 'https://git.test/app.git', image: 'app:1', buildImage: 'build:1' };

test.each<[string, object, RegExp]>([
  ['no build image', { buildImage: undefined }, /"buildImage"/],
  ['an option of the runner that is wrong', { cache: '../x' }, /"cache"/],
  ['a limit of the container that is wrong', { container: { memory: '1g' } }, /"memory"/],
  ['a runner beside its own', { runner: {} }, /"runner"/],
  ['a key that nothing knows', { cashe: 'team' }, /"cashe"/],
])('a call with %s is refused', async (_case, change, message) => {
  await expect(buildImageInPrivilegedContainer({ ...call, ...change } as never)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(message),
  });
});

test('plugins as objects are refused, because they cannot travel', async () => {
  const result = await buildImageInPrivilegedContainer({ ...call, stateDir: false, plugins: [] } as never);
  expect(result).toMatchObject({
    status: 'failed',
    error: { code: 'LIVE_PLUGINS', hint: expect.stringContaining('configFile') },
  });
});

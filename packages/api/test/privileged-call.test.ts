import { expect, test } from '@jest/globals';
import { buildImageInPrivilegedContainer } from '../src/index.js';

const call = { gitUrl: 'https://git.test/app.git', image: 'app:1', buildImage: 'build:1' };

test.each<[string, object, RegExp]>([
  ['no build image', { buildImage: undefined }, /"buildImage"/],
  ['an option of the runner that is wrong', { cache: '../x' }, /"cache"/],
  ['a limit of the container that is wrong', { container: { memory: '1g' } }, /"memory"/],
  ['plugins, which cannot travel', { plugins: [] }, /takes no "plugins"/],
  ['a key that nothing knows', { cashe: 'team' }, /"cashe"/],
])('a call with %s is refused', async (_case, change, message) => {
  await expect(buildImageInPrivilegedContainer({ ...call, ...change } as never)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(message),
  });
});

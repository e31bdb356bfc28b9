import { expect, test } from '@jest/globals';
import { refuseSharedCaches } from '../../src/remote/refuse-shared-caches.js';

const refuse =
  (...cacheTo: readonly string[]) =>
  () =>
    refuseSharedCaches({ cacheTo }, 'pair');

test.each([
  ['registry.example.com/c:1', 'registry.example.com/c:1'],
  ['type=registry,ref=registry.example.com/c:1,mode=max', 'registry.example.com/c:1'],
  ['type=local,dest=/cache', 'type=local,dest=/cache'],
  ['type=gha,token=hush', 'type=gha'],
])('a cache that several nodes would write is refused, without its secrets: %s', (cache, place) => {
  expect(refuse('type=inline', cache)).toThrow(
    expect.objectContaining({
      code: 'OPTION_UNSUPPORTED',
      message: expect.stringContaining(`the cache "${place}":`),
      hint: expect.stringMatching(/--platform linux\/arm64 --cache-to REF-arm64.*--cache-from/),
      details: { option: 'cacheTo', builder: 'pair' },
    }),
  );
});

test('a cache in the image is each node\u2019s own', () => {
  expect(refuse('type=inline')).not.toThrow();
  expect(refuse()).not.toThrow();
});

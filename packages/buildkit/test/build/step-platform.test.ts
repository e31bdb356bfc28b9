import { expect, test } from '@jest/globals';
import { stepPlatform } from '../../src/build/step-platform.js';

test.each([
  ['[linux/amd64 2/3] RUN make', 'linux/amd64'],
  ['[linux/arm64 build 1/4] FROM docker.io/library/busybox:1', 'linux/arm64'],
  ['[linux/arm/v7 2/3] RUN make', 'linux/arm/v7'],
  ['[linux/amd64->arm64 build 2/3] RUN make', 'linux/arm64'],
  ['[linux/amd64->arm/v7 2/3] RUN make', 'linux/arm/v7'],
  ['[linux/arm/v7->v6 2/3] RUN make', 'linux/arm/v6'],
  ['[linux/amd64->windows/amd64 2/3] RUN make', 'windows/amd64'],
  ['[linux/amd64 internal] load metadata for docker.io/library/busybox:1', 'linux/amd64'],
  ['[internal] load build context', undefined],
  ['[build 2/3] RUN make', undefined],
  ['[2/3] RUN test a/b/c', undefined],
  ['exporting to image', undefined],
])('%s is for %s', (name, platform) => {
  expect(stepPlatform(name)).toBe(platform);
});

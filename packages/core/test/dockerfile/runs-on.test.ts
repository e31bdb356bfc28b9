import { expect, test } from '@jest/globals';
import { runsOn } from '../../src/dockerfile/runs-on.js';

test.each([
  ['linux/amd64', ['linux/amd64'], true],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2'], true],
  ['linux/amd64', ['linux/amd64/v2'], true],
  ['linux/arm64/v8', ['linux/arm64'], true],
  ['linux/arm/v7', ['linux/arm/v6', 'linux/arm/v7'], true],
  ['linux/arm/v7', ['linux/arm/v6'], false],
  ['linux/arm64', ['linux/amd64', 'linux/386'], false],
  ['windows/amd64', ['linux/amd64'], false],
  ['linux/amd64', [], false],
])('%s runs on %j: %s', (platform, platforms, runs) => {
  expect(runsOn(platforms, platform)).toBe(runs);
});

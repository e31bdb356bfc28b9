import { expect, test } from '@jest/globals';
import type { BuilderNode } from '../../src/builders/connect-builder.js';
import { spreadPlatforms } from '../../src/remote/spread-platforms.js';

const node = (name: string, ...platforms: readonly string[]) => ({ name, platforms, givenPlatforms: 0 }) as BuilderNode;
const intel = node('intel', 'linux/amd64', 'linux/386');
const arm = node('arm', 'linux/arm64', 'linux/arm/v7');
const shares = (nodes: readonly BuilderNode[], ...platforms: readonly string[]) =>
  spreadPlatforms(nodes, platforms).map(({ node: { name }, platforms: own }) => [name, ...own]);

test('each node builds its platforms at once, and one that has none builds nothing', () => {
  expect(shares([intel, arm], 'linux/arm64', 'linux/amd64', 'linux/arm/v7')).toEqual([
    ['arm', 'linux/arm64', 'linux/arm/v7'],
    ['intel', 'linux/amd64'],
  ]);
  expect(shares([intel, arm], 'linux/amd64')).toEqual([['intel', 'linux/amd64']]);
});

test('without platforms the first node builds for its own', () => {
  expect(shares([arm, intel])).toEqual([['arm']]);
});

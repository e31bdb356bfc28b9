import { expect, test } from '@jest/globals';
import { chooseNode } from '../../src/builders/choose-node.js';
import type { BuilderNode } from '../../src/builders/connect-builder.js';

const node = (name: string, platforms: readonly string[], givenPlatforms = 0) =>
  ({ name, platforms, givenPlatforms }) as BuilderNode;
const nodes = [
  node('intel', ['linux/amd64', 'linux/amd64/v2', 'linux/arm64', 'linux/386']),
  node('arm', ['linux/arm64', 'linux/arm/v7', 'linux/amd64']),
  node('given', ['linux/s390x', 'linux/amd64', 'linux/arm/v7'], 1),
];

test.each([
  ['linux/amd64', 'intel', true],
  ['linux/amd64/v2', 'intel', true],
  ['linux/arm64', 'arm', true],
  ['linux/arm/v7', 'arm', true],
  ['linux/386', 'intel', true],
  ['linux/s390x', 'given', true],
  ['linux/riscv64', 'intel', false],
])('%s is built by the node "%s"', (platform, name, isListed) => {
  const choice = chooseNode(nodes, platform);
  expect({ name: choice.node.name, isListed: choice.isListed }).toEqual({ name, isListed });
});

test('what a user gave to a node wins over what is native to another', () => {
  const given = node('mine', ['linux/amd64', 'linux/arm64'], 1);
  expect(chooseNode([...nodes, given], 'linux/amd64').node.name).toBe('mine');
});

import type { BuilderNode } from './connect-builder.js';

/** A node for a platform. */
export interface NodeChoice {
  readonly node: BuilderNode;
  /** Whether the node lists the platform; where none does, only a build that runs nothing on it can succeed. */
  readonly isListed: boolean;
}

/**
 * The node that builds for a platform: the first one that its user gave it to, else whose own it is, else that lists it (by emulation), else the first of all.
 *
 * @param nodes at least one
 */
export function chooseNode(nodes: readonly BuilderNode[], platform: string): NodeChoice {
  const isIn = (platforms: readonly string[]): boolean => platforms.some((each) => fits(each, platform));
  const node =
    nodes.find(({ platforms, givenPlatforms }) => isIn(platforms.slice(0, givenPlatforms))) ??
    nodes.find(({ platforms, givenPlatforms }) => isIn(platforms.slice(givenPlatforms, givenPlatforms + 1))) ??
    nodes.find(({ platforms }) => isIn(platforms));
  if (node !== undefined) return { node, isListed: true };
  const [first] = nodes;
  if (first === undefined) throw new RangeError('a builder without nodes');
  return { node: first, isListed: false };
}

/** Whether a node's platform serves another: the same, or one that can do more (`linux/amd64/v2`). */
function fits(has: string, asked: string): boolean {
  return has === asked || (asked.endsWith('/amd64') && has.startsWith(`${asked}/`));
}

import { type BuilderNode } from '../builders/connect-builder.js';
import { chooseNode } from '../builders/choose-node.js';

/** What one node builds. */
export interface NodeShare {
  readonly node: BuilderNode;
  /** Empty: its own platform. */
  readonly platforms: readonly string[];
}

/** Give each platform to the node that is best for it; without platforms the first node builds for its own. */
export function spreadPlatforms(nodes: readonly BuilderNode[], platforms: readonly string[]): readonly NodeShare[] {
  const shares = new Map<BuilderNode, string[]>();
  for (const platform of platforms) {
    const { node } = chooseNode(nodes, platform);
    shares.set(node, [...(shares.get(node) ?? []), platform]);
  }
  if (platforms.length === 0) for (const node of nodes.slice(0, 1)) shares.set(node, []);
  return [...shares].map(([node, own]) => ({ node, platforms: own }));
}

import { type DockError, toDockError } from '@dock/core';
import type { BuilderDescription, NodeDescription } from './builder-description.js';
import { faultPlace } from './connect-builder.js';
import { nodeDoor } from './node-door.js';
import type { ReachEngine } from './node-engine.js';
import { type NodeFacts, probeNode } from './probe-node.js';

/** A node as it was found. */
export type NodeReport = Pick<NodeDescription, 'name' | 'endpoint' | 'entitlements'> & {
  /** Platforms that its user gave to it. */
  readonly given: readonly string[];
} & ({ readonly facts: NodeFacts & { readonly apiVersion: string | undefined } } | { readonly error: DockError });

/**
 * Ask each node of a builder what it is and what it keeps, all at once. What a node fails with is told of it; nothing is thrown but the caller's own end.
 *
 * @throws CANCELLED
 */
export async function inspectNodes(
  builder: BuilderDescription,
  { reach, signal }: { readonly reach: ReachEngine; readonly signal?: AbortSignal | undefined },
): Promise<readonly NodeReport[]> {
  const reports = await Promise.all(
    builder.nodes.map(async (node): Promise<NodeReport> => {
      const { name, endpoint, entitlements, platforms: given } = node;
      const known = { name, endpoint, entitlements, given };
      const who = faultPlace(builder, node);
      try {
        const { door, apiVersion } = await nodeDoor(node, who, reach, signal);
        const facts = await probeNode(door, who, { signal, withDiskUse: true });
        return { ...known, facts: { ...facts, apiVersion } };
      } catch (error) {
        return { ...known, error: toDockError(error) };
      }
    }),
  );
  signal?.throwIfAborted();
  return reports;
}

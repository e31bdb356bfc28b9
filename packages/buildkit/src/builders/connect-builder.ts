import { type DockError, toDockError } from '@dock/core';
import type { BuilderDoor } from '../control/builder-door.js';
import type { BuilderDescription, NodeDescription } from './builder-description.js';
import { nodeDoor } from './node-door.js';
import type { ReachEngine } from './node-engine.js';
import type { FaultPlace } from './node-fault.js';
import { type NodeFacts, probeNode } from './probe-node.js';

/** A node that has answered. */
export interface BuilderNode extends Omit<NodeFacts, 'platforms' | 'diskBytes'> {
  readonly name: string;
  /** For messages: an address, a context, a container. */
  readonly endpoint: string;
  readonly door: BuilderDoor;
  /** Whether nobody can listen on the way to it. Where somebody can, it gets neither secrets nor credentials. */
  readonly isPrivate: boolean;
  /** Whether it is the BuildKit of the caller's own engine. */
  readonly isOwnEngine: boolean;
  /** What it builds for, `os/arch[/variant]`: what its user gave to it, then what its workers say, of which the first is its own. */
  readonly platforms: readonly string[];
  /** How many of {@link platforms} its user gave to it. */
  readonly givenPlatforms: number;
  /** Of the API of the engine that it was reached by; undefined for every other. */
  readonly apiVersion: string | undefined;
  /** Entitlements that its daemon was started with, as buildx has stored them. */
  readonly entitlements: readonly string[];
}

/** A builder whose nodes have answered. */
export interface ConnectedBuilder {
  readonly name: string;
  readonly driver: string;
  /** At least one. */
  readonly nodes: readonly BuilderNode[];
  /** Why other nodes are not among them. */
  readonly failures: readonly DockError[];
}

/** What connecting needs. */
export interface ConnectBuilderOptions {
  readonly reach: ReachEngine;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Find the way to each node of a builder and ask it what it is, all at once.
 *
 * @throws the first node's error, the others' attached, when none answers: BUILDER_UNSUPPORTED, BUILDER_NOT_RUNNING, BUILDER_UNREACHABLE, BUILDER_PROTOCOL, …
 */
export async function connectBuilder(
  builder: BuilderDescription,
  { reach, signal }: ConnectBuilderOptions,
): Promise<ConnectedBuilder> {
  const asked = await Promise.allSettled(builder.nodes.map((node) => connectNode(builder, node, reach, signal)));
  const nodes = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failures = asked.flatMap((each) => (each.status === 'rejected' ? [toDockError(each.reason)] : []));
  const [first, ...others] = failures;
  if (first !== undefined && nodes.length === 0) throw first.with({ attached: others });
  signal?.throwIfAborted();
  return { name: builder.name, driver: builder.driver, nodes, failures };
}

/** How errors name a node. */
export function faultPlace(builder: BuilderDescription, { name, endpoint }: NodeDescription): FaultPlace {
  return { builder: builder.name, node: name, endpoint };
}

async function connectNode(
  builder: BuilderDescription,
  node: NodeDescription,
  reach: ReachEngine,
  signal: AbortSignal | undefined,
): Promise<BuilderNode> {
  const who = faultPlace(builder, node);
  const { door, isPrivate, apiVersion } = await nodeDoor(node, who, reach, signal);
  const { platforms, ...facts } = await probeNode(door, who, { signal });
  const { name, endpoint, place, entitlements } = node;
  return {
    name,
    endpoint,
    door,
    isPrivate,
    isOwnEngine: place.kind === 'engine' && place.engine === undefined,
    platforms: [...new Set([...node.platforms, ...platforms])],
    givenPlatforms: node.platforms.length,
    apiVersion,
    entitlements,
    ...facts,
  };
}

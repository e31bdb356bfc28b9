import type { RemoteBuilder } from '@dock/core';
import type { DockerHome } from '@dock/registry';
import type { BuilderDescription } from './builders/builder-description.js';
import type { ConnectBuilderOptions, ConnectedBuilder } from './builders/connect-builder.js';
import type { BuilderHome, NamedBuilder, UnreadBuilder } from './builders/describe-builder.js';
import type { NodeReport } from './builders/inspect-nodes.js';
import type { ReachEngine } from './builders/node-engine.js';
import type * as Parts from './builders/parts.js';
import type { RemoteBuilderOptions } from './remote/create-remote-builder.js';

/** Loaded once: each import of its own goes through Node's resolver again. */
let loading: Promise<typeof Parts> | undefined;
const parts = () => (loading ??= import('./builders/parts.js'));

/**
 * Find a builder, without asking it anything: a name is one of buildx's builders, else `default`, else a docker context.
 *
 * @throws BUILDER_NOT_FOUND, BUILDER_INVALID
 */
export async function describeBuilder(word: NamedBuilder, home: BuilderHome): Promise<BuilderDescription> {
  return (await parts()).describeBuilder(word, home);
}

/**
 * The builder that `docker buildx use` chose, for an option that the engine's own BuildKit lacks. `undefined` where none was chosen, or the engine's.
 *
 * @param key the docker context, or for the context `default` the engine's address
 * @throws BUILDER_INVALID
 */
export async function currentBuilder(key: string, home: DockerHome): Promise<BuilderDescription | undefined> {
  return (await parts()).currentBuilder(key, home);
}

/** The name of {@link currentBuilder}, whatever its own entry says. @throws BUILDER_INVALID */
export async function currentBuilderName(key: string, home: DockerHome): Promise<string | undefined> {
  return (await parts()).currentBuilderName(key, home);
}

/**
 * Find the way to each node of a builder and ask it what it is, all at once.
 *
 * @throws the first node's error, the others' attached, when none answers: BUILDER_UNSUPPORTED, BUILDER_NOT_RUNNING, BUILDER_UNREACHABLE, BUILDER_PROTOCOL, …
 */
export async function connectBuilder(
  builder: BuilderDescription,
  options: ConnectBuilderOptions,
): Promise<ConnectedBuilder> {
  return (await parts()).connectBuilder(builder, options);
}

/** A builder whose nodes were connected, as a run builds with it. */
export async function createRemoteBuilder(options: RemoteBuilderOptions): Promise<RemoteBuilder> {
  return (await parts()).createRemoteBuilder(options);
}

/** All that a name can lead to: the caller's engine, then buildx's builders. One that cannot be read is an error beside its name. @throws BUILDER_INVALID */
export async function describeBuilders(home: DockerHome): Promise<readonly (BuilderDescription | UnreadBuilder)[]> {
  return (await parts()).describeBuilders(home);
}

/** Ask each node of a builder what it is and what it keeps, all at once. What a node fails with is told of it. @throws CANCELLED */
export async function inspectNodes(
  builder: BuilderDescription,
  options: { readonly reach: ReachEngine; readonly signal?: AbortSignal | undefined },
): Promise<readonly NodeReport[]> {
  return (await parts()).inspectNodes(builder, options);
}

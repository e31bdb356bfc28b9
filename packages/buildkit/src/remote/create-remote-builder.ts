import {
  type BuildOptions,
  type BuildSpec,
  type BuiltImage,
  DockError,
  type ImageRepository,
  type RegistryPort,
  type RemoteBuilder,
  type RemoteImage,
  repositoryName,
} from '@dock/core';
import { fileOutputs, makesImage, refuseUnsupported } from '@dock/core/internal';
import type { CredentialSource } from '@dock/registry';
import type { SolveEnvironment } from '../build/solve-environment.js';
import { refuseUntrustedFrontend } from '../build/untrusted-frontend.js';
import type { BuilderNode, ConnectedBuilder } from '../builders/connect-builder.js';
import { buildOnNode, eventsOf, filesOnNode } from './build-on-node.js';
import { builderAccess, refuseOpenWay } from './builder-trust.js';
import { buildIntoEngine, type LoadScope } from './load-image.js';
import { joinImages } from './join-images.js';
import { registryImage } from './registry-image.js';
import { refuseSharedCaches } from './refuse-shared-caches.js';
import { type NodeShare, spreadPlatforms } from './spread-platforms.js';

/** What {@link createRemoteBuilder} needs. */
export interface RemoteBuilderOptions {
  readonly connected: ConnectedBuilder;
  readonly source: CredentialSource;
  readonly registry: RegistryPort;
  /** What an image is loaded into. */
  readonly load: LoadScope;
  /** Where secrets that name a variable have their values. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tells the contexts of one machine from another's. */
  readonly machine: string;
}

/** A builder whose nodes were connected. */
export function createRemoteBuilder(options: RemoteBuilderOptions): RemoteBuilder {
  const { name, nodes } = options.connected;
  return {
    name,
    describe: async () => ({
      version: [...new Set(nodes.flatMap(({ version }) => version ?? []))].join(', '),
      platforms: [...new Set(nodes.flatMap(({ platforms }) => platforms))],
    }),
    build: async (spec, stream = {}) => build(spec, options, stream),
    buildOutputs: async (spec, stream = {}) => {
      const [{ node }] = sharesOf(spec, options, stream);
      await filesOnNode(spec, environmentOf(node, spec, options), stream);
    },
    // Each build opens and closes its own connections.
    close: async () => undefined,
  };
}

async function build(spec: BuildSpec, options: RemoteBuilderOptions, stream: BuildOptions): Promise<BuiltImage> {
  const { connected } = options;
  const { destination } = stream;
  const shares = sharesOf(spec, options, stream);
  if (destination?.kind === 'engine') return intoEngine(spec, shares, options, stream);
  if (destination === undefined) throw nowhere(connected.name);
  return intoRegistry(spec, shares, destination.repositories, options, stream);
}

type Shares = readonly [NodeShare, ...NodeShare[]];

/** The nodes that build, once it is known that they can. @throws OPTION_UNSUPPORTED */
function sharesOf(spec: BuildSpec, { connected }: RemoteBuilderOptions, stream: BuildOptions): Shares {
  const [first, ...others] = spreadPlatforms(connected.nodes, spec.platforms);
  if (first === undefined) throw new RangeError('a builder without a node');
  const used = [first, ...others].map(({ node }) => node);
  const files = fileOutputs(spec.outputs);
  const hasImage = makesImage(spec.outputs) || files.some(({ type }) => type === 'oci' || type === 'docker');
  if (hasImage) refuseEngineOf(used, connected.name);
  if (files.length > 0 && others.length > 0) throw severalNodes(connected.name);
  if (others.length > 0) refuseSharedCaches(spec, connected.name);
  refuseOpenWay(connected.name, used, spec);
  refuseUntrustedFrontend(spec);
  for (const { version } of used)
    refuseUnsupported(spec, { name: connected.name, column: 'standalone', buildkitVersion: version });
  for (const { message } of connected.failures) stream.onEvent?.({ type: 'warning', message });
  return [first, ...others];
}

function severalNodes(name: string): DockError {
  return new DockError(
    'OPTION_UNSUPPORTED',
    `The platforms of this build are on several nodes of the builder "${name}", and its outputs come from one.`,
    {
      hint: 'Build the outputs for the platforms of one node, or with a builder whose node has them all.',
      details: { option: 'outputs', builder: name },
    },
  );
}

/** @throws OPTION_UNSUPPORTED for the BuildKit of another engine, whose images stay in that engine */
function refuseEngineOf(nodes: readonly BuilderNode[], name: string): void {
  const engine = nodes.find(({ store }) => store === 'classic');
  if (engine === undefined) return;
  throw new DockError(
    'OPTION_UNSUPPORTED',
    `The builder "${name}" is the BuildKit of an engine with the classic store, whose images stay in that engine.`,
    {
      hint: 'Point the run at that engine, by --context or --host, and leave the builder out.',
      details: { option: 'builder', builder: name, endpoint: engine.endpoint },
    },
  );
}

function nowhere(name: string): DockError {
  return new DockError(
    'OPTION_UNSUPPORTED',
    `The builder "${name}" keeps no images, and nobody says where this one goes.`,
    { hint: 'Name its destination: an engine, or a registry.', details: { option: 'builder', builder: name } },
  );
}

/** @throws OPTION_UNSUPPORTED for several platforms: an archive for an engine holds one */
async function intoEngine(
  spec: BuildSpec,
  [share]: readonly NodeShare[],
  options: RemoteBuilderOptions,
  stream: BuildOptions,
): Promise<BuiltImage> {
  if (spec.platforms.length > 1 || share === undefined)
    throw new DockError(
      'OPTION_UNSUPPORTED',
      `An image for several platforms (${spec.platforms.join(', ')}) cannot be loaded into an engine.`,
      {
        hint: 'Build for one platform; or publish, with gates by digest: test({ gate: "by-digest" }).',
        details: { option: 'platforms', builder: options.connected.name },
      },
    );
  return buildIntoEngine(spec, environmentOf(share.node, spec, options), stream, options.load);
}

/** Put the image into each repository, by digest and without a name; what several nodes made is joined there. */
async function intoRegistry(
  spec: BuildSpec,
  shares: readonly NodeShare[],
  repositories: readonly ImageRepository[],
  options: RemoteBuilderOptions,
  stream: BuildOptions,
): Promise<BuiltImage> {
  const [repository] = repositories;
  if (repository === undefined) throw new RangeError('a registry without a repository');
  const stop = new AbortController();
  const signal = stream.signal === undefined ? stop.signal : AbortSignal.any([stream.signal, stop.signal]);
  const place = { registry: options.registry, repository, signal };
  const attrs = {
    name: repositories.map(repositoryName).join(','),
    push: 'true',
    'push-by-digest': 'true',
    // Nothing of it stays with the builder under a name.
    store: 'false',
    // An index of several nodes is one of OCI, and so are its entries.
    ...(shares.length > 1 ? { 'oci-mediatypes': 'true' } : {}),
  };
  const builds = shares.map(async ({ node, platforms }, at): Promise<RemoteImage> => {
    const environment = environmentOf(node, spec, options);
    const events = shares.length > 1 ? eventsOf(at + 1, stream.onEvent) : {};
    const evidence = await buildOnNode(
      { ...spec, platforms },
      { ...environment, outputs: [{ type: 'image', attrs }] },
      { ...stream, ...events, signal },
    );
    return registryImage(place, { digest: evidence.imageId, configDigest: evidence.configDigest });
  });
  // The first failure stops the other nodes, and is told once they have stopped.
  let failure: unknown;
  const settled = await Promise.all(
    builds.map(async (each) =>
      each.catch((error: unknown) => {
        failure ??= error;
        stop.abort(new DockError('CANCELLED', 'Another node of the builder failed.'));
        return undefined;
      }),
    ),
  );
  if (failure !== undefined) throw failure;
  const images = settled.flatMap((each) => each ?? []);
  const [image] = images;
  return images.length === 1 && image !== undefined ? image : joinImages(place, repositories, images);
}

function environmentOf(node: BuilderNode, spec: BuildSpec, options: RemoteBuilderOptions): SolveEnvironment {
  const { source, env, machine } = options;
  return { door: node.door, source, env, machine, access: builderAccess(node, spec) };
}

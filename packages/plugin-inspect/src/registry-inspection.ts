import {
  type BaseImage,
  DockError,
  type HistoryEntry,
  type ImageReference,
  parseImageReference,
  type RegistryPort,
  type RemoteImage,
} from '@dock/core';
import { collectBytes } from '@dock/core/internal';
import { alignLayers } from './align-layers.js';
import { describeBase, type Inspection, severalOf } from './inspection.js';

/** Bytes of a configuration that are read. */
const configLimit = 4 * 1024 * 1024;

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** What of an image's configuration is told (OCI image specification, config). */
interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly created?: string;
  readonly config?: {
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Env?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
    readonly User?: string;
    readonly WorkingDir?: string;
  };
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
  readonly history?: readonly {
    readonly created?: string;
    readonly created_by?: string;
    readonly comment?: string;
    readonly empty_layer?: boolean;
  }[];
}

/**
 * Look at an image that is in a registry, by its digest; of several platforms at the first.
 *
 * @throws IMAGE_NOT_FOUND, REGISTRY_UNREACHABLE, REGISTRY_ERROR
 */
export async function readRegistryInspection(
  registry: RegistryPort,
  image: RemoteImage,
  bases: readonly BaseImage[],
  withLayers: boolean,
  signal: AbortSignal,
): Promise<Inspection> {
  const { place, configDigest, platforms } = image;
  if (place.kind !== 'registry') throw notThere(place.directory);
  const first = platforms[0]?.manifestDigest ?? place.digest;
  const reference = parseImageReference(`${place.repository}@${first}`);
  const manifest = await registry.manifest(reference, { signal });
  if (manifest === undefined) throw notThere(`${place.repository}@${first}`);
  const { layers = [] } = JSON.parse(Buffer.from(manifest.bytes).toString('utf8')) as {
    layers?: readonly Descriptor[];
  };
  const {
    config = {},
    created,
    history = [],
    rootfs,
    ...own
  } = await readConfig(registry, reference, configDigest, signal);
  const diffIds = rootfs?.diff_ids ?? [];
  const sizes = layers.map(({ size }) => size);
  return {
    image: {
      id: place.digest,
      configDigest,
      platform: [own.os, own.architecture, own.variant].filter((part) => part !== undefined && part !== '').join('/'),
      ...severalOf(image),
      size: sizes.reduce((sum, size) => sum + size, 0),
      ...(created === undefined ? {} : { created }),
      layers: withLayers ? alignLayers(entriesOf(history, sizes), diffIds) : [],
      layerCount: diffIds.length,
      labels: config.Labels ?? {},
      env: (config.Env ?? []).map((entry) => entry.split('=', 1)[0] ?? entry),
      entrypoint: config.Entrypoint ?? [],
      command: config.Cmd ?? [],
      exposedPorts: Object.keys(config.ExposedPorts ?? {}),
      user: config.User ?? '',
      workingDir: config.WorkingDir ?? '',
    },
    bases: bases.map((base) => describeBase(base, undefined, diffIds)),
  };
}

/** As an engine tells a history, newest first; sizes are those of the layers as they are stored. */
function entriesOf(history: NonNullable<ImageConfig['history']>, sizes: readonly number[]): readonly HistoryEntry[] {
  let layer = 0;
  const entries = history.map(({ created, created_by: createdBy = '', comment = '', empty_layer: isEmpty }) => ({
    createdBy,
    ...(created === undefined ? {} : { created }),
    size: isEmpty === true ? 0 : (sizes[layer++] ?? 0),
    comment,
  }));
  return entries.toReversed();
}

async function readConfig(
  registry: RegistryPort,
  repository: ImageReference,
  digest: string,
  signal: AbortSignal,
): Promise<ImageConfig> {
  const read = (content: AsyncIterable<Uint8Array>): Promise<Buffer> =>
    collectBytes(content, configLimit, `The configuration "${digest}"`);
  const bytes = await registry.blob(repository, digest, read, { signal });
  if (bytes === undefined) throw notThere(digest);
  return JSON.parse(bytes.toString('utf8')) as ImageConfig;
}

function notThere(what: string): DockError {
  return new DockError('IMAGE_NOT_FOUND', `The registry does not have the built image "${what}".`);
}

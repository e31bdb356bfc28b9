import {
  type BaseImage,
  type BuiltImage,
  DockError,
  type EngineImage,
  type EnginePort,
  formatImageReference,
  type HistoryEntry,
  type ImageDetails,
  type PlatformImage,
  withDefaultTag,
} from '@dock/core';
import { alignLayers, type LayerInspection } from './align-layers.js';

/** What is known of the built image. */
export interface ImageInspection {
  /** The engine's ID; of an image in a registry its digest. */
  readonly id: string;
  /** `sha256:<hex>` of the configuration. */
  readonly configDigest: string;
  /** What is told below is of this one. */
  readonly platform: string;
  /** All of them, where there are several. */
  readonly platforms?: readonly PlatformImage[];
  /** Bytes, as the engine counts them; of an image in a registry those of its layers there. */
  readonly size: number;
  /** ISO 8601. */
  readonly created?: string;
  /** Oldest first; empty without the option `layers`. */
  readonly layers: readonly LayerInspection[];
  /** Layers in all, also those that the engine does not tell apart. */
  readonly layerCount: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Names of variables; values may be secret and are left out. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly user: string;
  readonly workingDir: string;
}

/** A base image, and what is known of it. */
export interface BaseInspection {
  /** As written, after ARG resolution. */
  readonly text: string;
  readonly use: BaseImage['use'];
  /** Full name of where it was taken from, when not from there. */
  readonly takenFrom?: string;
  readonly digest?: string;
  readonly isLocalOnly?: boolean;
  /** Absent when the engine does not have it as an image: BuildKit keeps some only in its cache. */
  readonly image?: Pick<ImageInspection, 'id' | 'platform' | 'size' | 'layerCount'>;
  /** Whether the built image stands on it: its layers come first. */
  readonly isBelow: boolean;
}

/** What `inspect()` reports. */
export interface Inspection {
  readonly image: ImageInspection;
  readonly bases: readonly BaseInspection[];
}

/**
 * Look at the built image, by its ID, and at its bases.
 *
 * @param withLayers Whether to read the history too.
 * @throws IMAGE_NOT_FOUND
 */
export async function readInspection(
  engine: EnginePort,
  image: EngineImage,
  bases: readonly BaseImage[],
  withLayers: boolean,
  signal: AbortSignal,
): Promise<Inspection> {
  const [details, history, baseDetails] = await Promise.all([
    engine.inspectImage(image.id, { signal }),
    withLayers ? engine.imageHistory(image.id, { signal }) : [],
    Promise.all(bases.map(async (base) => inspectBase(engine, base, signal))),
  ]);
  if (details === undefined)
    throw new DockError('IMAGE_NOT_FOUND', `The engine does not know the built image ${image.id} any more.`);
  return {
    image: describeImage(details, image, history),
    bases: bases.map((base, index) => describeBase(base, baseDetails[index], details.layers)),
  };
}

async function inspectBase(
  engine: EnginePort,
  base: BaseImage,
  signal: AbortSignal,
): Promise<ImageDetails | undefined> {
  if (base.use === 'syntax') return undefined;
  return engine.inspectImage(base.id ?? formatImageReference(withDefaultTag(base.reference)), { signal });
}

function describeImage(details: ImageDetails, image: EngineImage, history: readonly HistoryEntry[]): ImageInspection {
  const { id, platform, size, created, labels, env, entrypoint, command, exposedPorts, user, workingDir } = details;
  return {
    id,
    configDigest: image.platforms.find((each) => each.platform === platform)?.configDigest ?? image.configDigest,
    platform,
    ...severalOf(image),
    size,
    ...(created === undefined ? {} : { created }),
    layers: alignLayers(history, details.layers),
    layerCount: details.layers.length,
    labels,
    env: env.map((entry) => entry.split('=', 1)[0] ?? entry),
    entrypoint,
    command,
    exposedPorts,
    user,
    workingDir,
  };
}

/** The platforms of an image of several. */
export function severalOf({ platforms }: Pick<BuiltImage, 'platforms'>): Pick<ImageInspection, 'platforms'> {
  return platforms.length > 1 ? { platforms } : {};
}

/** A base, with what its engine says of it. @param built Layers of the built image */
export function describeBase(
  base: BaseImage,
  details: ImageDetails | undefined,
  built: readonly string[],
): BaseInspection {
  const { text, use, takenFrom, digest, isLocalOnly } = base;
  const layers = details?.layers ?? [];
  return {
    text,
    use,
    ...(takenFrom === undefined ? {} : { takenFrom: formatImageReference(takenFrom) }),
    ...(digest === undefined ? {} : { digest }),
    ...(isLocalOnly === undefined ? {} : { isLocalOnly }),
    ...(details === undefined
      ? {}
      : { image: { id: details.id, platform: details.platform, size: details.size, layerCount: layers.length } }),
    isBelow: layers.length > 0 && layers.every((layer, index) => built[index] === layer),
  };
}

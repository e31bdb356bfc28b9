import type { BaseImage, BuiltImage, EnginePort, HistoryEntry, ImageDetails } from '@dock/core';

/** One layer of an image, oldest first. */
export interface LayerInspection {
  /** The instruction that made it. */
  readonly createdBy: string;
  /** Bytes that it added. */
  readonly size: number;
}

/** What is known of one image. */
export interface ImageInspection {
  readonly id: string;
  readonly platform: string;
  /** Bytes, as the engine counts them. */
  readonly size: number;
  readonly created?: string;
  readonly layers: readonly LayerInspection[];
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
  readonly text: string;
  readonly use: BaseImage['use'];
  readonly digest?: string;
  readonly isLocalOnly?: boolean;
  /** Absent when the engine does not have it under its own ID. */
  readonly image?: Pick<ImageInspection, 'id' | 'platform' | 'size'>;
}

/** What {@link inspect} reports. */
export interface Inspection {
  readonly image: ImageInspection;
  readonly bases: readonly BaseInspection[];
}

/**
 * Look at the built image and its bases.
 *
 * @param withLayers Whether to read the history too.
 */
export async function readInspection(
  engine: EnginePort,
  image: BuiltImage,
  bases: readonly BaseImage[],
  withLayers: boolean,
  signal: AbortSignal,
): Promise<Inspection | undefined> {
  const [details, history, inspectedBases] = await Promise.all([
    engine.inspectImage(image.id, { signal }),
    withLayers ? engine.imageHistory(image.id, { signal }) : [],
    Promise.all(bases.map(async (base) => inspectBase(engine, base, signal))),
  ]);
  return details === undefined ? undefined : { image: describeImage(details, history), bases: inspectedBases };
}

function describeImage(details: ImageDetails, history: readonly HistoryEntry[]): ImageInspection {
  const { id, platform, size, created, labels, env, entrypoint, command, exposedPorts, user, workingDir } = details;
  return {
    id,
    platform,
    size,
    ...(created === undefined ? {} : { created }),
    // The engine lists the newest first. Rows of instructions that only set configuration have no layer and no size.
    layers: [...history]
      .reverse()
      .flatMap((row) => (row.size > 0 ? [{ createdBy: instructionOf(row), size: row.size }] : [])),
    labels,
    env: env.map((entry) => entry.split('=', 1)[0] ?? entry),
    entrypoint,
    command,
    exposedPorts,
    user,
    workingDir,
  };
}

/** The instruction as a person wrote it: the builders wrap `RUN` and hide the rest behind `#(nop)`. */
function instructionOf({ createdBy, comment }: HistoryEntry): string {
  const text = createdBy
    .replace(/^\/bin\/sh -c #\(nop\)\s*/, '')
    .replace(/^\/bin\/sh -c /, 'RUN ')
    .replace(/\s*# buildkit$/, '')
    .trim();
  return text === '' ? comment || '(imported)' : text;
}

async function inspectBase(engine: EnginePort, base: BaseImage, signal: AbortSignal): Promise<BaseInspection> {
  const details = base.id === undefined ? undefined : await engine.inspectImage(base.id, { signal });
  return {
    text: base.text,
    use: base.use,
    ...(base.digest === undefined ? {} : { digest: base.digest }),
    ...(base.isLocalOnly === undefined ? {} : { isLocalOnly: base.isLocalOnly }),
    ...(details === undefined ? {} : { image: { id: details.id, platform: details.platform, size: details.size } }),
  };
}

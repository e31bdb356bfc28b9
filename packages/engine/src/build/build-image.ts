import {
  type BuildOptions,
  type BuildSpec,
  type EngineImage,
  type EngineDescription,
  isDockError,
  type StreamOptions,
} from '@dock/core';
import { buildFailure, buildWithoutResult } from '@dock/buildkit';
import { labelNames } from '../containers/identity-labels.js';
import type { ConnectEngineOptions } from '../engine-context.js';
import type { CredentialSource } from '@dock/registry';
import { daemonLost } from '../transport/engine-error.js';
import type { EngineConnection } from '../transport/connection.js';
import type { BuildEvidence } from '@dock/core/internal';
import { warningEvent } from '@dock/core/internal';
import { builtImage } from './built-image.js';
import { checkHeredocs } from './check-heredocs.js';
import { chooseBuilder } from './choose-builder.js';
import { classicBuild } from './classic-build.js';
import { warnOfOtherBases } from './other-platform.js';
import { refuseAbsentBases } from './refuse-absent-bases.js';
import { removeStrayContainers } from './stray-containers.js';

/** What a build needs beside its spec. */
export interface BuildContext {
  readonly connection: EngineConnection;
  readonly source: CredentialSource;
  describe(options: { readonly signal?: AbortSignal | undefined }): Promise<EngineDescription>;
  labels(): Promise<Readonly<Record<string, string>>>;
  /** Where secrets that name a variable have their values. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Called with each container that a step of the classic builder gets: nothing else tells of them when the engine dies. */
  readonly onBuildContainer?: ConnectEngineOptions['onBuildContainer'] | undefined;
}

/** Build an image. Success needs the image ID of the build's own stream. */
export async function buildImage(spec: BuildSpec, context: BuildContext, options: BuildOptions): Promise<EngineImage> {
  const { connection, source } = context;
  const engine = await context.describe({ signal: options.signal });
  const builder = chooseBuilder(spec, engine);
  checkHeredocs(spec, builder, await connection.ping({ signal: options.signal }));
  await refuseAbsentBases(spec, connection, options.signal);
  const containers = new Map<string, () => void>();
  const onContainer = (shortId: string): void => {
    const onGone = context.onBuildContainer?.(shortId);
    containers.set(shortId, () => void (typeof onGone === 'function' && onGone()));
  };
  const machine = (await context.labels())[labelNames.machine] ?? '';
  const environment = { connection, source, onContainer, machine, env: context.env ?? {} };
  const startedAt = Date.now();
  try {
    const evidence =
      builder === 'classic'
        ? await classicBuild(spec, environment, options)
        : await (await import('./buildkit-build.js')).buildkitBuild(spec, environment, options);
    if (builder === 'classic' && engine.store === 'classic') await warnOfOtherBases(spec, engine, connection, options);
    const imageId = await imageIdOf(evidence, spec, connection);
    // A build that went well has removed them all.
    for (const onGone of containers.values()) onGone();
    const image = await builtImage(connection, imageId, engine.store, { signal: options.signal, told: evidence });
    warnOfOtherPlatform(spec, image, options);
    return image;
  } catch (error) {
    const left = await removeStrayContainers(connection, [...containers.keys()], startedAt);
    for (const [id, onGone] of containers) if (!left.includes(id)) onGone();
    throw withLeftovers(connection.error(error, 'building an image'), left);
  }
}

/** The image ID, or the error that the stream told. */
async function imageIdOf(evidence: BuildEvidence, spec: BuildSpec, connection: EngineConnection): Promise<string> {
  await refuseFailure(evidence, spec, connection);
  if (evidence.imageId === undefined) throw buildWithoutResult(evidence.lastLines);
  return evidence.imageId;
}

/** @throws what the stream told of a failure */
export async function refuseFailure(
  evidence: BuildEvidence,
  spec: BuildSpec,
  connection: EngineConnection,
): Promise<void> {
  const { failure } = evidence;
  if (failure === undefined) return;
  const error = buildFailure({ ...evidence, failure, spec });
  // A daemon that shuts down kills the step and says so in the words of a failed command.
  const isKill =
    /\b(?:137|143)\b/.test(failure.message) || /transport is closing|context canceled|EOF$/.test(failure.message);
  if (!isKill || (await connection.isAlive(5000))) throw error;
  throw daemonLost(
    { endpoint: connection.endpoint, what: 'building an image', wasReached: true },
    error.message,
    error,
  );
}

function withLeftovers(error: unknown, left: readonly string[]): unknown {
  if (left.length === 0 || !isDockError(error)) return error;
  return error.with({
    hint: `${error.hint} Containers that may be left: ${left.join(', ')}.`,
    details: { leftContainers: left },
  });
}

function warnOfOtherPlatform({ platforms: [wanted] }: BuildSpec, image: EngineImage, { onEvent }: StreamOptions): void {
  const [built] = image.platforms;
  if (
    wanted === undefined ||
    built === undefined ||
    built.platform === wanted ||
    built.platform.startsWith(`${wanted}/`)
  )
    return;
  onEvent?.(
    warningEvent(
      `the image is for "${built.platform}" though "${wanted}" was asked for`,
      'The base image decides the platform of a classic build.',
    ),
  );
}

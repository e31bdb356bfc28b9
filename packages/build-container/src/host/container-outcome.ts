import { type BuildResult, DockError, isErrorCode } from '@dock/core';
import { readResult } from '@dock/core/elsewhere';
import type { ContainerEngine, ContainerState } from '@dock/engine';
import { places } from '../protocol.js';
import { oldestNode } from '../bundling/entry-script.js';
import type { EventReader } from './event-reader.js';
import { withLastLines } from './last-lines.js';

/** Bytes of a result that are read. */
const resultLimit = 16 * 1024 * 1024;

/** How long the engine may take to hand the result over, ms: a busy one is slow, and after a signal nobody waits that long. */
const resultMs = { usual: 60_000, cancelled: 15_000 } as const;

/** A build container that has ended. */
export interface EndedContainer {
  readonly id: string;
  readonly buildImage: string;
  readonly state: ContainerState;
  readonly events: EventReader;
  /** The last lines that it printed beside its events. */
  readonly lastLines: readonly string[];
}

/** The run's signals, as far as they matter here. */
export interface OutcomeSignals {
  readonly isCancelled: boolean;
  /** Nobody wants to wait any longer. */
  readonly forceSignal: AbortSignal | undefined;
}

/**
 * What a build container came to: its result, which must be whole, of this run, and of the same status as the container's exit; and an event stream that is
 * complete. Anything else is an error of its own, with the last lines that the container printed.
 *
 * @throws OOM_KILLED, BUILD_IMAGE_NO_NODE, BUILD_IMAGE_NO_GIT, BUILD_CONTAINER_KILLED, EVENTS_BROKEN, RESULT_MISSING, RESULT_TOO_LARGE, RESULT_INVALID
 */
export async function collectResult(
  containers: ContainerEngine,
  ended: EndedContainer,
  signals: OutcomeSignals,
): Promise<BuildResult> {
  try {
    return await readOutcome(containers, ended, signals);
  } catch (error) {
    throw withLastLines(error, ended.lastLines);
  }
}

async function readOutcome(
  containers: ContainerEngine,
  ended: EndedContainer,
  { isCancelled, forceSignal }: OutcomeSignals,
): Promise<BuildResult> {
  const { id, state, events } = ended;
  const refused = refusalOf(ended);
  if (refused !== undefined) throw refused;
  // Not under the run's signal: a cancelled run has a result too.
  const timeoutMs = isCancelled ? resultMs.cancelled : resultMs.usual;
  const file = await containers.getFile(id, places.result, {
    maxBytes: resultLimit,
    timeoutMs,
    ...(forceSignal === undefined ? {} : { signal: forceSignal }),
  });
  if (file === undefined) throw missing(ended);
  const result = readResult(file.toString('utf8'));
  events.end();
  if (result.exitStatus !== state.exitCode) {
    throw new DockError(
      'RESULT_INVALID',
      `The build container ended with status ${state.exitCode}, and its result says ${result.exitStatus}.`,
      { details: details(ended) },
    );
  }
  return result;
}

/** Why a container could not begin. */
function refusalOf(ended: EndedContainer): DockError | undefined {
  const { buildImage, events, state } = ended;
  const { refusal } = events;
  const options = { details: details(ended) };
  if (refusal?.code === 'BUILD_IMAGE_NO_NODE') {
    return new DockError(
      'BUILD_IMAGE_NO_NODE',
      `The build image "${buildImage}" has Node ${refusal.detail}, and dock needs ${oldestNode} or later.`,
      options,
    );
  }
  if (refusal !== undefined)
    return new DockError(isErrorCode(refusal.code) ? refusal.code : 'INTERNAL', refusal.detail, options);
  // What a shell says of a program that it cannot find or run.
  if (events.count === 0 && (state.exitCode === 127 || state.exitCode === 126)) {
    return new DockError(
      'BUILD_IMAGE_NO_NODE',
      `The build image "${buildImage}" has no Node that it can run.`,
      options,
    );
  }
  return undefined;
}

function missing(ended: EndedContainer): DockError {
  const { state } = ended;
  const options = { details: details(ended) };
  if (state.isOomKilled) {
    return new DockError('OOM_KILLED', 'The build container was killed for memory.', {
      ...options,
      hint: "Raise the runner's memory limit.",
    });
  }
  if (state.exitCode === 137 || state.exitCode === 143)
    return new DockError('BUILD_CONTAINER_KILLED', 'The build container was killed from outside.', options);
  return new DockError(
    'RESULT_MISSING',
    `The build container ended with status ${state.exitCode} and left no result.`,
    options,
  );
}

function details({ id, state, lastLines }: EndedContainer): Readonly<Record<string, unknown>> {
  return { container: id, exitCode: state.exitCode, lastLines };
}

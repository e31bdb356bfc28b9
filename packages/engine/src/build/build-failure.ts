import { type BuildSpec, DockError, type EngineEvent } from '@dock/core';
import type { StreamFailure } from '../stream/progress-stream.js';
import type { BuildEvidence, BuildStep } from './build-evidence.js';
import { frontendTooOld, isFrontendTooOld } from './frontend-age.js';
import { fetchedFrontend, frontendFailure } from './frontend-failure.js';
import { noNetworkHint } from './no-network.js';

/** Lines of the log that an error carries. */
const tailLines = 20;

/** Exit status that a failure names: the engine's own number, else the builder's words. */
function exitCode({ code, message }: StreamFailure): number | undefined {
  if (code !== undefined && code !== 0 && /returned a non-zero code|exit code/i.test(message)) return code;
  const match = /(?:returned a non-zero code: |exit code: )(\d{1,3})\b/.exec(message);
  return match === null ? undefined : Number(match[1]);
}

/** What the classic builder says when an image on the same base is removed while it looks through them for a cached step. */
const cacheWasRemoved = /^unable to find image "sha256:[0-9a-f]{64}"$/;

const diskIsFull = /no space left on device|disk quota exceeded/i;

function stepPosition({ index, total }: BuildStep): string {
  return index === undefined || total === undefined ? '' : ` (step ${index}/${total})`;
}

function hintFor(code: number | undefined, lines: readonly string[], message: string): string | undefined {
  if ([message, ...lines].some((line) => diskIsFull.test(line)))
    return 'The disk of the engine is full (DISK_FULL): "docker system df" shows what it uses; free space and build again.';
  if (code === 137)
    return 'The command was killed (137), likely out of memory: raise the memory limit of the build or use less memory.';
  return undefined;
}

/** The last lines may not be what the command said last. */
function cutHint(limits: readonly string[]): string | undefined {
  if (limits.length === 0) return undefined;
  return `The engine left out output of this step (log limit ${limits.join(', ')}), so the cause may be missing from its last lines: build with --builder classic to see everything.`;
}

/** Instructions that fail by themselves; a FROM fails for its registry's reasons. */
const ownFault =
  /^(?:RUN|COPY|ADD|WORKDIR|USER|ENV|ARG|LABEL|VOLUME|EXPOSE|CMD|ENTRYPOINT|HEALTHCHECK|SHELL|STOPSIGNAL|ONBUILD|MAINTAINER)\b/i;

/** The step's own words in BuildKit's names: `[2/3] RUN x` is `RUN x`. */
function instructionOf({ name }: BuildStep): string {
  return name.replace(/^\[(?:[^\]]* )?\d+\/\d+\] /, '');
}

/** What a failed build means. */
export function buildFailure({
  failure,
  step,
  lastLines,
  outputLimits = [],
  spec,
}: BuildEvidence & {
  readonly failure: StreamFailure;
  readonly spec: Pick<BuildSpec, 'dockerfile' | 'network'>;
}): DockError {
  const { message } = failure;
  const { text: dockerfileText } = spec.dockerfile;
  const logTail = lastLines.slice(-tailLines);
  const code = exitCode(failure);
  const details = { logTail, engineMessage: message };
  if (isFrontendTooOld(message, dockerfileText)) return frontendTooOld(message, details);
  if (
    /dockerfile parse error|unknown instruction|file with no instructions|the Dockerfile .* cannot be empty/i.test(
      message,
    )
  )
    return new DockError('DOCKERFILE_SYNTAX', `the Dockerfile does not parse: ${message}`, { details });
  const named = step === undefined ? undefined : { ...step, name: instructionOf(step) };
  const frontend = named === undefined ? undefined : fetchedFrontend(named.name);
  if (frontend !== undefined) return frontendFailure(frontend, message, details);
  // No command said so: the builder itself, which was taking the context or writing a layer.
  if (code === undefined && diskIsFull.test(message))
    return new DockError('DISK_FULL', `the disk of the engine is full: ${message}`, {
      details: { ...details, side: 'engine' },
    });
  if (code === undefined && cacheWasRemoved.test(message))
    return new DockError('BUILD_FAILED', `the builder lost an image of its cache: ${message}`, {
      hint: 'Something removed images of the engine during the build, "docker image prune" or another job: build again.',
      retryable: true,
      details,
    });
  const isRun = named !== undefined && /^RUN\b/i.test(named.name);
  const hints = [
    hintFor(code, lastLines, message) ?? (isRun ? noNetworkHint([message, ...lastLines], spec) : undefined),
    cutHint(outputLimits),
  ].filter((hint) => hint !== undefined);
  const base = hints.length === 0 ? {} : { hint: hints.join(' ') };
  if (code !== undefined || (named !== undefined && ownFault.test(named.name))) {
    const instruction = named?.name ?? 'a command';
    const position = named === undefined ? '' : stepPosition(named);
    const outcome = code === undefined ? `failed: ${message}` : `failed with exit code ${code}`;
    return new DockError('BUILD_STEP_FAILED', `"${instruction}"${position} ${outcome}`, {
      ...base,
      details: {
        ...details,
        instruction,
        ...(code === undefined ? {} : { exitCode: code }),
        ...(named?.index === undefined ? {} : { step: named.index, steps: named.total }),
      },
    });
  }
  const where = named === undefined ? '' : ` at "${named.name}"${stepPosition(named)}`;
  return new DockError('BUILD_FAILED', `the build failed${where}: ${message}`, { ...base, details });
}

/** The error of a build whose stream ended with neither an image nor an error. */
export function buildWithoutResult(lastLines: readonly string[]): DockError {
  return new DockError(
    'DAEMON_PROTOCOL',
    'the build ended without a result: the engine sent neither an image ID nor an error',
    {
      details: { logTail: lastLines.slice(-tailLines) },
    },
  );
}

/** A warning as an event. */
export function warningEvent(message: string, hint?: string): EngineEvent {
  return { type: 'warning', message, ...(hint === undefined ? {} : { hint }) };
}

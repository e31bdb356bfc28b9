import { type BuildSpec, DockError, type Dockerfile, type Instruction, parseDockerfile } from '@dock/core';
import {
  atSourcePlace,
  type BuilderFailure,
  type BuildEvidence,
  type BuildStep,
  locateByMessage,
  locateStep,
  openHeredoc,
  sourcePlace,
  withoutMiddle,
} from '@dock/core/internal';
import { blankBase } from './blank-base.js';
import { entitlementHint } from './entitlement-hint.js';
import { frontendTooOld, isFrontendTooOld } from './frontend-age.js';
import { fetchedImage, fetchFailure } from './frontend-failure.js';
import { missingSource } from './missing-source.js';
import { noNetworkHint } from './no-network.js';

/** Lines of the log that an error carries. */
const tailLines = 20;

/** Exit status that a failure names: the engine's own number, else the builder's words. */
function exitCode({ code, message }: BuilderFailure): number | undefined {
  if (code !== undefined && code !== 0 && /returned a non-zero code|exit code/i.test(message)) return code;
  // The last words are podman's.
  const match = /(?:returned a non-zero code: |exit code: |while running runtime: exit status )(\d{1,3})\b/.exec(
    message,
  );
  return match === null ? undefined : Number(match[1]);
}

/** What the classic builder says when an image on the same base is removed while it looks through them for a cached step. */
const cacheWasRemoved = /^unable to find image "sha256:[0-9a-f]{64}"$/;

/** moby/buildkit, `exporter/containerimage`: an annotation of an index, and no index. */
const noIndex = /index annotations not supported for single platform export/;
const noIndexHint =
  'An image for one platform without attestations has no index: annotate its manifest, KEY=VALUE, build for several platforms, or add --provenance.';

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

/** What a failure is told from. */
type Failure = BuildEvidence & {
  readonly failure: BuilderFailure;
  readonly spec: Pick<BuildSpec, 'dockerfile' | 'network'> &
    Partial<Pick<BuildSpec, 'contextDir' | 'buildArgs' | 'attest' | 'sbom' | 'provenance'>>;
};

/** What BuildKit puts before what its frontend says. */
const frontendPrefix =
  /^(?:failed to solve(?: with frontend \S+)?: )?(?:(?:rpc error: code = \w+ desc = )?failed to (?:create LLB definition|solve(?: with frontend \S+)?): )*/;

/**
 * What a failed build means, laid at the instruction that it is about wherever the builder tells which. Of a message without measure the middle is left
 * out: a builder quotes whole scripts.
 */
export function buildFailure(evidence: Failure): DockError {
  const failure = { ...evidence.failure, message: withoutMiddle(evidence.failure.message) };
  const given = { ...evidence, failure };
  const { step, spec } = given;
  const dockerfile = readSent(spec.dockerfile.text);
  const message = failure.message.replace(frontendPrefix, '');
  const instruction =
    dockerfile === undefined
      ? undefined
      : ((step === undefined ? undefined : locateStep(dockerfile, step)) ?? locateByMessage(dockerfile, message));
  const error = tellFailure(given, message, dockerfile, instruction);
  const line = Number(/parse error (?:on )?line (\d+)/i.exec(message)?.[1]);
  const open = /unterminated heredoc/i.test(message) ? openHeredoc(spec.dockerfile.text)?.line : undefined;
  const range =
    failure.lines ??
    (open === undefined ? instruction : { startLine: open }) ??
    (line > 0 ? { startLine: line } : undefined);
  return range === undefined ? error : atSourcePlace(error, sourcePlace(spec, range));
}

/** The Dockerfile as it was sent; undefined where it does not parse, which its builder has said then. */
function readSent(text: string): Dockerfile | undefined {
  try {
    return parseDockerfile(text);
  } catch {
    return undefined;
  }
}

function tellFailure(
  { failure, step, lastLines, outputLimits = [], spec }: Failure,
  message: string,
  dockerfile: Dockerfile | undefined,
  located: Instruction | undefined,
): DockError {
  const logTail = lastLines.slice(-tailLines);
  const code = exitCode(failure);
  const details = { logTail, engineMessage: failure.message };
  const told = message.replace(/\.$/, '');
  if (isFrontendTooOld(message, spec.dockerfile.text)) return frontendTooOld(message, details);
  if (
    /dockerfile parse error|failed to parse Dockerfile|unterminated heredoc|unknown instruction|file with no instructions|the Dockerfile .* cannot be empty/i.test(
      message,
    )
  )
    return new DockError('DOCKERFILE_SYNTAX', `The Dockerfile does not parse: ${told}.`, { details });
  const named = step === undefined ? undefined : { ...step, name: instructionOf(step) };
  const fetched = named === undefined ? undefined : fetchedImage(named.name);
  if (fetched !== undefined) return fetchFailure(fetched, failure.message, spec, details);
  const blank = blankBase(message, dockerfile, details);
  if (blank !== undefined) return blank;
  // No command said so: the builder itself, which was taking the context or writing a layer.
  if (code === undefined && diskIsFull.test(message))
    return new DockError('DISK_FULL', `The disk of the engine is full: ${told}.`, {
      details: { ...details, side: 'engine' },
    });
  if (code === undefined && cacheWasRemoved.test(message))
    return new DockError('BUILD_FAILED', `The builder lost an image of its cache: ${told}.`, {
      hint: 'Something removed images of the engine during the build, "docker image prune" or another job: build again.',
      retryable: true,
      details,
    });
  const { contextDir } = spec;
  const missing =
    located === undefined || contextDir === undefined
      ? undefined
      : missingSource(message, located, { ...spec, contextDir });
  const isRun = named !== undefined && /^RUN\b/i.test(named.name);
  const hints = [
    hintFor(code, lastLines, message) ??
      entitlementHint(message) ??
      (noIndex.test(message) ? noIndexHint : undefined) ??
      missing?.hint ??
      (isRun ? noNetworkHint([message, ...lastLines], spec) : undefined) ??
      (logTail.length === 0 ? 'Correct the instruction; the builder said nothing else.' : undefined),
    cutHint(outputLimits),
  ].filter((hint) => hint !== undefined);
  const base = hints.length === 0 ? {} : { hint: hints.join(' ') };
  if (code !== undefined || (named !== undefined && ownFault.test(named.name))) {
    const instruction = named?.name ?? 'a command';
    const position = named === undefined ? '' : stepPosition(named);
    const outcome = code === undefined ? `failed: ${missing?.sentence ?? told}` : `failed with exit code ${code}`;
    return new DockError(
      'BUILD_STEP_FAILED',
      `${named === undefined ? 'A command' : `"${instruction}"`}${position} ${outcome}.`,
      {
        ...base,
        details: {
          ...details,
          ...missing?.details,
          instruction,
          ...(code === undefined ? {} : { exitCode: code }),
          ...(named?.index === undefined ? {} : { step: named.index, steps: named.total }),
        },
      },
    );
  }
  const where = named === undefined ? '' : ` at "${named.name}"${stepPosition(named)}`;
  return new DockError('BUILD_FAILED', `The build failed${where}: ${told}.`, { ...base, details });
}

/** The error of a build whose stream ended with neither an image nor an error. */
export function buildWithoutResult(lastLines: readonly string[]): DockError {
  return new DockError(
    'DAEMON_PROTOCOL',
    'The build ended without a result: the engine sent neither an image ID nor an error.',
    {
      details: { logTail: lastLines.slice(-tailLines) },
    },
  );
}

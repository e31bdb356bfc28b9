import {
  type EngineImage,
  DockError,
  type EngineEvent,
  type EnginePort,
  formatImageReference,
  type ImageReference,
  isDockError,
  type PublishedImage,
  type PushReceipt,
  type TargetReference,
  toDockError,
  type UnpublishedImage,
  withDefaultTag,
} from '@dock/core';
import { type Confirmation, confirmPush } from './confirm-push.js';
import type { LentName } from './lend-names.js';
import { isCut, lookAfterPush } from './look-after-push.js';
import { watchMovement } from './moving-data.js';
import { PushTrace } from './push-trace.js';
import type { TryPulse } from './retry-budget.js';
import { isTransient, withRetries } from './retry.js';

/** A reference that could not be published. */
export interface PublishFailure {
  readonly unpublished: UnpublishedImage;
  readonly error: DockError;
}

/** What came of one reference. */
export type PublishOutcome = { readonly published: PublishedImage } | { readonly failure: PublishFailure };

/** Whether the registry is asked for what it holds: not, where it can be asked, or a push that nobody could confirm fails. */
export type Verification = boolean | 'required';

/** What publishing one reference needs. */
export interface ReferenceScope {
  readonly engine: EnginePort;
  readonly image: EngineImage;
  readonly signal: AbortSignal;
  /** Tries after the first that bring nothing further. @default as many as 70 s have room for */
  readonly retries?: number;
  /** ms */
  readonly backoffMs: number;
  /** ms */
  readonly idleTimeoutMs?: number;
  readonly verify: Verification;
  emit(event: EngineEvent): void;
  warn(message: string): void;
}

/** Tries and waits of one reference since a layer was last brought over, without the time in which data moves, ms. */
export const budgetMs = 70_000;

/** The name of a reference for people and programs: full, with its tag. */
export function publishedName(reference: TargetReference): string {
  return formatImageReference(withDefaultTag(reference));
}

/** The name alone, without what a run knows of it. */
function plainReference({ registry, repository, tag, digest }: TargetReference): ImageReference {
  return {
    registry,
    repository,
    tag: tag ?? 'latest',
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Name, push and confirm one reference, with retries. Never rejects; the lent name is given back. */
export async function publishReference(
  reference: TargetReference,
  lent: LentName,
  scope: ReferenceScope,
): Promise<PublishOutcome> {
  const began = performance.now();
  const name = publishedName(reference);
  const trace = new PushTrace(scope.image);
  const outcome = await withRetries(
    (signal, pulse) => pushOnce(reference, lent, scope, signal, trace, pulse),
    { retries: scope.retries, backoffMs: scope.backoffMs, budgetMs, signal: scope.signal },
    (error, waitMs) =>
      scope.emit({
        type: 'log',
        level: 'warn',
        message: `The push of "${name}" failed and is tried again in ${waitMs} ms: ${error.message}`,
      }),
  );
  const pushed = 'value' in outcome ? outcome.value : { failure: outcome.error };
  if ('failure' in pushed && trace.found === undefined && trace.mayBeSent)
    trace.found = await lookAfterPush(scope.engine, plainReference(reference), scope.image);
  await lent
    .giveBack()
    .catch((error: unknown) =>
      scope.warn(`The name "${name}" could not be taken back from the image: ${toDockError(error).message}`),
    );
  const { attempts } = outcome;
  const common = { reference, name, registry: reference.registry, attempts };
  const durationMs = Math.round(performance.now() - began);
  if ('failure' in pushed) return withoutGoodWord({ ...common, durationMs }, pushed.failure, trace, scope);
  if (attempts > 1) scope.warn(`"${name}" was published at attempt ${attempts}.`);
  const { receipt, confirmation } = pushed;
  const { unverifiedReason } = confirmation;
  if (scope.verify === 'required' && unverifiedReason !== undefined)
    return failureOf({ ...common, isUncertain: true }, unconfirmed(name, receipt.digest, unverifiedReason));
  const isVerified = unverifiedReason === undefined;
  return {
    published: {
      ...common,
      digest: receipt.digest,
      confirmedBy: 'push-stream',
      ...confirmation,
      isVerified,
      durationMs,
    },
  };
}

/** The error of a push that had to be confirmed. */
export function unconfirmed(name: string, digest: string, why: string): DockError {
  return new DockError(
    'PUSH_UNCONFIRMED',
    `"${name}" was pushed as ${digest}, but nobody could confirm that the registry holds it: ${why}`,
    { details: { name, digest } },
  );
}

/** A push that did not end with a good word: what is in the registry is published all the same, and what nobody knows is told. */
function withoutGoodWord(
  { durationMs, ...common }: Omit<UnpublishedImage, 'error'> & { readonly durationMs: number },
  error: DockError,
  trace: PushTrace,
  scope: ReferenceScope,
): PublishOutcome {
  const { found, receipt } = trace;
  if (typeof found === 'object') {
    scope.warn(`The push of "${common.name}" ${endOf(error)} (${error.code}), but the registry has the image.`);
    const { digest, via, configDigest } = found.manifest;
    const content = configDigest === undefined ? {} : { configDigest };
    return { published: { ...common, digest, ...content, confirmedBy: via, isVerified: true, durationMs } };
  }
  if (found === 'unknown' && receipt !== undefined && isCut(error) && scope.verify !== 'required') {
    const unverifiedReason = `The confirmation was cut off (${error.code}).`;
    const { digest } = receipt;
    return {
      published: { ...common, digest, confirmedBy: 'push-stream', isVerified: false, unverifiedReason, durationMs },
    };
  }
  const isUnheard = found === 'unknown' && (isCut(error) || isTransient(error) || trace.isAmbiguous);
  if (!isUnheard && !trace.wasTaken) return failureOf(common, error);
  if (isUnheard)
    scope.warn(
      `The push of "${common.name}" ${endOf(error)}, and the registry could not be asked whether it has the image.`,
    );
  return failureOf({ ...common, isUncertain: true }, error);
}

function endOf(error: DockError): string {
  if (isCut(error)) return 'was cut off';
  return isTransient(error) ? 'got no good answer' : 'was refused';
}

/** A failure as result and error. */
export function failureOf(common: Omit<UnpublishedImage, 'error'>, error: DockError): PublishOutcome {
  const { code, message, hint, retryable } = error;
  return { failure: { error, unpublished: { ...common, error: { code, message, hint, retryable } } } };
}

/** A push that ended well, or one that did not although the registry has the image: no try would change that. */
type Pushed = { readonly receipt: PushReceipt; readonly confirmation: Confirmation } | { readonly failure: DockError };

/** @param signal ends the try: the run's, or the end of the time for retries */
async function pushOnce(
  target: TargetReference,
  lent: LentName,
  scope: ReferenceScope,
  signal: AbortSignal,
  trace: PushTrace,
  pulse: TryPulse,
): Promise<Pushed> {
  const { engine, image } = scope;
  const reference = plainReference(target);
  await lent.ensure(signal);
  const watch = watchMovement(() => pulse.moved());
  trace.begin();
  pulse.watch(() => trace.isHeld);
  const receipt = await engine
    .pushImage(reference, {
      signal,
      ...(scope.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: scope.idleTimeoutMs }),
      onEvent: (event) => {
        watch(event);
        if (trace.see(event)) pulse.advanced();
        return scope.emit(event);
      },
    })
    .catch(async (error: unknown) => {
      if (signal.aborted || !isDockError(error)) throw error;
      await lookAfterFailure(reference, error, { ...scope, signal }, trace);
      if (typeof trace.found !== 'object') throw error;
      return error;
    });
  if (isDockError(receipt)) return { failure: receipt };
  trace.receipt = receipt;
  trace.wasTaken = true;
  // The push is out. What the registry says of it has its own patience, which no time for retries cuts short.
  pulse.watch(() => true);
  if (scope.verify === false) return { receipt, confirmation: { unverifiedReason: 'Verification is turned off.' } };
  const delayMs = Math.min(250, scope.backoffMs);
  try {
    const confirmation = await confirmPush(engine, reference, image, receipt, { signal: scope.signal, delayMs });
    return { receipt, confirmation };
  } catch (error) {
    // The registry was asked, and this is what it said.
    if (!scope.signal.aborted) trace.found = 'absent';
    throw error;
  }
}

/** What came of a try whose manifest may have been sent before it failed. */
async function lookAfterFailure(
  reference: ImageReference,
  error: DockError,
  { engine, image, signal }: ReferenceScope,
  trace: PushTrace,
): Promise<void> {
  if (error.details?.['isTaken'] === true) trace.wasTaken = true;
  if (error.details?.['isManifestSent'] === true) trace.manifestSent();
  // What ends the push has its own look, which is short.
  if (!trace.mayBeSent || (isCut(error) && !isTransient(error))) return;
  trace.found = await lookAfterPush(engine, reference, image, signal);
  if (trace.found === 'unknown' && isTransient(error)) trace.isAmbiguous = true;
}

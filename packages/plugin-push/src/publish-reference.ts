import {
  type EngineImage,
  type DockError,
  type EngineEvent,
  type EnginePort,
  formatImageReference,
  type ImageReference,
  type PublishedImage,
  type PushReceipt,
  type TargetReference,
  toDockError,
  type UnpublishedImage,
  withDefaultTag,
} from '@dock/core';
import { type Confirmation, confirmPush } from './confirm-push.js';
import type { LentName } from './lend-names.js';
import { type CutOutcome, isCut, lookAfterCut } from './look-after-cut.js';
import { watchMovement } from './moving-data.js';
import { PushTrace } from './push-trace.js';
import { withRetries } from './retry.js';

/** A reference that could not be published. */
export interface PublishFailure {
  readonly unpublished: UnpublishedImage;
  readonly error: DockError;
}

/** What came of one reference. */
export type PublishOutcome = { readonly published: PublishedImage } | { readonly failure: PublishFailure };

/** What publishing one reference needs. */
export interface ReferenceScope {
  readonly engine: EnginePort;
  readonly image: EngineImage;
  readonly signal: AbortSignal;
  readonly retries: number;
  /** ms */
  readonly backoffMs: number;
  /** ms */
  readonly idleTimeoutMs?: number;
  readonly verify: boolean;
  emit(event: EngineEvent): void;
  warn(message: string): void;
}

/** Tries and waits of one reference together, without the time in which data moves, ms. */
const budgetMs = 70_000;

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
    (signal, onMoved) => pushOnce(reference, lent, { ...scope, signal }, trace, onMoved),
    { retries: scope.retries, backoffMs: scope.backoffMs, budgetMs, signal: scope.signal },
    (error, waitMs) =>
      scope.emit({
        type: 'log',
        level: 'warn',
        message: `The push of "${name}" failed and is tried again in ${waitMs} ms: ${error.message}`,
      }),
  );
  const cut =
    'error' in outcome && isCut(outcome.error) && trace.mayBeSent
      ? await lookAfterCut(scope.engine, plainReference(reference), scope.image)
      : undefined;
  await lent
    .giveBack()
    .catch((error: unknown) =>
      scope.warn(`The name "${name}" could not be taken back from the image: ${toDockError(error).message}`),
    );
  const { attempts } = outcome;
  const common = { reference, name, registry: reference.registry, attempts };
  const durationMs = () => Math.round(performance.now() - began);
  if ('error' in outcome)
    return cutOff({ ...common, durationMs: durationMs() }, outcome.error, { cut, receipt: trace.receipt }, scope);
  if (attempts > 1) scope.warn(`"${name}" was published at attempt ${attempts}.`);
  const { receipt, confirmation } = outcome.value;
  const isVerified = confirmation.unverifiedReason === undefined;
  return {
    published: {
      ...common,
      digest: receipt.digest,
      confirmedBy: 'push-stream',
      ...confirmation,
      isVerified,
      durationMs: durationMs(),
    },
  };
}

/** A push without an answer: what is in the registry is published, and what nobody knows is told. */
function cutOff(
  { durationMs, ...common }: Omit<UnpublishedImage, 'error'> & { readonly durationMs: number },
  error: DockError,
  { cut, receipt }: { readonly cut: CutOutcome | undefined; readonly receipt: PushReceipt | undefined },
  scope: ReferenceScope,
): PublishOutcome {
  if (cut === undefined || cut === 'absent') return failureOf(common, error);
  if (cut === 'unknown' && receipt !== undefined) {
    const unverifiedReason = `The confirmation was cut off (${error.code}).`;
    const { digest } = receipt;
    return {
      published: { ...common, digest, confirmedBy: 'push-stream', isVerified: false, unverifiedReason, durationMs },
    };
  }
  if (cut === 'unknown') {
    scope.warn(
      `The push of "${common.name}" was cut off, and the registry could not be asked whether it has the image.`,
    );
    return failureOf({ ...common, isUncertain: true }, error);
  }
  scope.warn(`The push of "${common.name}" was cut off (${error.code}), but the registry has the image.`);
  const { digest, via, configDigest } = cut.manifest;
  const content = configDigest === undefined ? {} : { configDigest };
  return { published: { ...common, digest, ...content, confirmedBy: via, isVerified: true, durationMs } };
}

/** A failure as result and error. */
export function failureOf(common: Omit<UnpublishedImage, 'error'>, error: DockError): PublishOutcome {
  const { code, message, hint, retryable } = error;
  return { failure: { error, unpublished: { ...common, error: { code, message, hint, retryable } } } };
}

async function pushOnce(
  target: TargetReference,
  lent: LentName,
  scope: ReferenceScope,
  trace: PushTrace,
  onMoved: () => void,
): Promise<{ receipt: PushReceipt; confirmation: Confirmation }> {
  const { engine, image, signal } = scope;
  const reference = plainReference(target);
  await lent.ensure(signal);
  const watch = watchMovement(onMoved);
  trace.begin();
  const receipt = await engine.pushImage(reference, {
    signal,
    ...(scope.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: scope.idleTimeoutMs }),
    onEvent: (event) => {
      watch(event);
      trace.see(event);
      return scope.emit(event);
    },
  });
  trace.receipt = receipt;
  if (!scope.verify) return { receipt, confirmation: { unverifiedReason: 'Verification is turned off.' } };
  const delayMs = Math.min(250, scope.backoffMs);
  return { receipt, confirmation: await confirmPush(engine, reference, image, receipt, { signal, delayMs }) };
}

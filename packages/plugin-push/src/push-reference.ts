import {
  type BuiltImage,
  type CheckoutContext,
  DockError,
  type PublishedImage,
  type PushReceipt,
  type TargetReference,
  toDockError,
} from '@dock/core';
import { confirmPush } from './confirm.js';
import { checkName, nameForPush } from './name-for-push.js';
import type { Settings } from './options.js';
import { retry } from './retry.js';
import { targetName } from './target-name.js';

/** What came of one reference. */
export type PushOutcome =
  | { readonly reference: TargetReference; readonly attempts: number; readonly published: PublishedImage }
  | { readonly reference: TargetReference; readonly attempts: number; readonly error: DockError };

/** Name, push (again while failures are transient), confirm. Never throws: each reference has its own outcome. */
export async function pushReference(
  reference: TargetReference,
  image: BuiltImage,
  context: CheckoutContext,
  settings: Settings,
): Promise<PushOutcome> {
  const began = performance.now();
  const name = targetName(reference);
  let attempts = 0;
  try {
    await nameForPush(reference, image, context);
    const tried = await retry<PushReceipt>(
      async () => {
        await checkName(reference, image, context);
        return context.engine.pushImage(reference, {
          signal: context.signal,
          idleTimeoutMs: settings.idleTimeoutMs,
          onEvent: (event) => context.emit(event),
        });
      },
      settings,
      context.signal,
      (error, attempt, waitMs) => {
        context.warn(
          `Push ${attempt} of "${name}" failed and is tried again in ${Math.round(waitMs)} ms: ${error.message}`,
          { code: error.code },
        );
      },
    );
    attempts = tried.attempts;
    if ('error' in tried) return { reference, attempts, error: afterTries(tried.error, name, attempts, image) };
    const confirmation = await confirmPush(context.engine, reference, tried.value, image, context.signal);
    if (!confirmation.isVerified)
      context.warn(`"${name}" was pushed, but nobody could confirm it: ${confirmation.unverifiedReason}`);
    const published: PublishedImage = {
      reference,
      name,
      registry: reference.registry,
      digest: tried.value.digest,
      attempts,
      durationMs: Math.round(performance.now() - began),
      ...confirmation,
    };
    return { reference, attempts, published };
  } catch (caught) {
    return { reference, attempts: Math.max(attempts, 1), error: toDockError(caught) };
  }
}

/** The last error, saying how often it was tried and that the image is kept. */
function afterTries(error: DockError, name: string, attempts: number, image: BuiltImage): DockError {
  if (error.code === 'CANCELLED') return error;
  const tries = attempts === 1 ? '' : ` (after ${attempts} attempts)`;
  return new DockError(error.code, `Pushing "${name}" failed${tries}: ${error.message}`, {
    hint: `${error.hint} The image is kept as ${image.id}; "dock push ${image.id} --tag ${name}" publishes it without a build.`,
    cause: error,
    retryable: error.retryable,
    exitStatus: error.exitStatus,
    details: { ...error.details, attempts },
  });
}

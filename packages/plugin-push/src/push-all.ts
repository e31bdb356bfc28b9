import {
  type BuiltImage,
  type CheckoutContext,
  DockError,
  type PublishedImage,
  type TargetReference,
  type UnpublishedImage,
} from '@dock/core';
import type { Settings } from './options.js';
import { type PushOutcome, pushReference } from './push-reference.js';
import { targetName } from './target-name.js';

/** The push hook's context. */
export interface PushContext extends CheckoutContext {
  reportPublished(image: PublishedImage): void;
  reportUnpublished(image: UnpublishedImage): void;
}

/**
 * Push references, several at once, each with its own outcome. All are tried before a failure is thrown.
 *
 * @throws PUSH_PARTIAL when some are out and some are not, with the worst exit status; else the first reference's error
 */
export async function pushAll(
  references: readonly TargetReference[],
  alreadyOut: readonly PublishedImage[],
  image: BuiltImage,
  context: PushContext,
  settings: Settings,
): Promise<PublishedImage[]> {
  const waiting = [...references];
  const outcomes: PushOutcome[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined && !context.signal.aborted; next = waiting.shift()) {
      const outcome = await pushReference(next, image, context, settings);
      report(outcome, context);
      outcomes.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(settings.concurrency, references.length) }, worker));
  context.signal.throwIfAborted();
  const out = inOrder(references, outcomes);
  const failed = outcomes.filter((outcome) => 'error' in outcome);
  if (failed.length > 0) throw failure(failed, [...alreadyOut, ...out], image);
  return out;
}

function report(outcome: PushOutcome, context: PushContext): void {
  if ('published' in outcome) {
    context.reportPublished(outcome.published);
    return;
  }
  const { reference, attempts, error } = outcome;
  const { code, message, hint, retryable } = error;
  context.reportUnpublished({
    reference,
    name: targetName(reference),
    registry: reference.registry,
    attempts,
    error: { code, message, hint, retryable },
  });
}

function inOrder(references: readonly TargetReference[], outcomes: readonly PushOutcome[]): PublishedImage[] {
  return references.flatMap((reference) =>
    outcomes.flatMap((outcome) =>
      'published' in outcome && outcome.reference === reference ? [outcome.published] : [],
    ),
  );
}

/** Which exit status says most: credentials, then a refusal, then the environment, then a time limit. */
const worstFirst: readonly number[] = [70, 4, 1, 3, 124];

function failure(
  failed: readonly Extract<PushOutcome, { error: DockError }>[],
  out: readonly PublishedImage[],
  image: BuiltImage,
): DockError {
  const [first, ...others] = failed.map(({ error }) => error);
  if (first === undefined) throw new TypeError('no failure');
  if (out.length === 0) {
    first.attached.push(...others);
    return first;
  }
  const names = failed.map(({ reference }) => targetName(reference));
  const statuses = new Set(failed.map(({ error }) => error.exitStatus));
  const partial = new DockError(
    'PUSH_PARTIAL',
    `${out.length} of ${out.length + failed.length} references are published; not published: ${names.map((name) => `"${name}"`).join(', ')}. ${first.message}`,
    {
      hint: `Publish the rest with "dock push ${image.id} ${names.map((name) => `--tag ${name}`).join(' ')}".`,
      cause: first,
      retryable: failed.every(({ error }) => error.retryable),
      exitStatus: worstFirst.find((status) => statuses.has(status)) ?? 3,
    },
  );
  partial.attached.push(first, ...others);
  return partial;
}

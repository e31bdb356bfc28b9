import {
  concurrently,
  DockError,
  formatImageReference,
  type ImageReference,
  isDockError,
  parseImageReference,
  type RegistryPort,
  type RemoteImage,
  type TargetReference,
} from '@dock/core';
import {
  budgetMs,
  failureOf,
  publishedName,
  type PublishOutcome,
  type ReferenceScope,
  unconfirmed,
} from './publish-reference.js';
import { isTransient, withRetries } from './retry.js';

/** What putting names needs. */
export interface NameScope
  extends Pick<ReferenceScope, 'signal' | 'retries' | 'backoffMs' | 'verify' | 'emit' | 'warn'> {
  readonly registry: RegistryPort;
  readonly image: RemoteImage;
  /** References at the same time. */
  readonly concurrency: number;
  /** Hears of each outcome as it comes. */
  onOutcome(outcome: PublishOutcome): void;
}

/**
 * Publish an image that a registry has by its digest: its content goes where it is not, and the manifest, the same bytes, is put under each name. Never rejects
 * for a failing reference.
 */
export async function putNames(references: readonly TargetReference[], scope: NameScope): Promise<void> {
  const { place } = scope.image;
  if (place.kind !== 'registry')
    throw new DockError(
      'IMAGE_NOT_IN_ENGINE',
      `The image in "${place.directory}" is in no registry to publish it from.`,
    );
  const from = parseImageReference(`${place.repository}@${place.digest}`);
  await concurrently(references, scope.concurrency, async (reference) =>
    scope.onOutcome(await putName(from, place.digest, reference, scope)),
  );
}

async function putName(
  from: ImageReference,
  digest: string,
  reference: TargetReference,
  scope: NameScope,
): Promise<PublishOutcome> {
  const began = performance.now();
  const name = publishedName(reference);
  const { registry, repository, tag = 'latest' } = reference;
  const target = { registry, repository, tag };
  const outcome = await withRetries(
    async (signal) => scope.registry.copy(from, target, { signal }),
    { retries: scope.retries, backoffMs: scope.backoffMs, budgetMs, signal: scope.signal },
    (error, waitMs) =>
      scope.emit({
        type: 'log',
        level: 'warn',
        message: `"${name}" could not be put and is tried again in ${waitMs} ms: ${error.message}`,
      }),
  );
  const { attempts } = outcome;
  const common = { reference, name, registry, attempts };
  const held = scope.verify === false && 'value' in outcome ? undefined : await heldUnder(target, scope);
  const durationMs = Math.round(performance.now() - began);
  const { configDigest } = scope.image;
  if (held === digest) {
    if ('error' in outcome)
      scope.warn(`"${name}" got no good answer (${outcome.error.code}), but the registry has the image.`);
    else if (attempts > 1) scope.warn(`"${name}" was published at attempt ${attempts}.`);
    return { published: { ...common, digest, configDigest, confirmedBy: 'direct', isVerified: true, durationMs } };
  }
  const isUnheard = isDockError(held);
  if ('error' in outcome)
    return failureOf(
      { ...common, ...(isUnheard && isTransient(outcome.error) ? { isUncertain: true } : {}) },
      outcome.error,
    );
  if (scope.verify !== false && !isUnheard)
    return failureOf(
      common,
      new DockError('DIGEST_MISMATCH', `"${name}" was put as ${digest}, and the registry holds ${held ?? 'nothing'}.`, {
        details: { name, pushed: digest, found: held },
      }),
    );
  const unverifiedReason = isUnheard ? held.message : 'Verification is turned off.';
  if (scope.verify === 'required')
    return failureOf({ ...common, isUncertain: true }, unconfirmed(name, digest, unverifiedReason));
  return {
    published: {
      ...common,
      digest,
      configDigest,
      confirmedBy: 'push-stream',
      isVerified: false,
      unverifiedReason,
      durationMs,
    },
  };
}

/** The digest that a name has in the registry; the failure where nobody says so. */
async function heldUnder(
  target: ImageReference,
  { registry, signal }: NameScope,
): Promise<string | DockError | undefined> {
  try {
    return (await registry.resolve(target, { signal }))?.digest;
  } catch (error) {
    if (!isDockError(error)) throw error;
    return signal.aborted
      ? new DockError(
          'PUSH_UNCONFIRMED',
          `Nobody could ask the registry about "${formatImageReference(target)}" any more.`,
        )
      : error;
  }
}

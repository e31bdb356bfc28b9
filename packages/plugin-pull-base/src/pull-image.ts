import { setTimeout as wait } from 'node:timers/promises';
import { formatImageReference, type ImageReference, isDockError, type PulledImage, withDefaultTag } from '@dock/core';
import { byDigest } from './local-image.js';
import type { FindScope } from './find-scope.js';

/** Wait before the one retry, ms. */
const retryMs = 1000;

async function pull(reference: ImageReference, { context, platform, signal }: FindScope): Promise<PulledImage> {
  return context.engine.pullImage(reference, {
    signal,
    onEvent: (event) => context.emit(event),
    ...(platform === undefined ? {} : { platform }),
  });
}

/** Pull, and once more after a failure that may pass (the engine itself retries layers, but neither a corrupt one nor a 429). */
export async function pullOnceMore(reference: ImageReference, scope: FindScope): Promise<PulledImage> {
  try {
    return await pull(reference, scope);
  } catch (error) {
    const isLimit = isDockError(error) && error.code === 'PULL_TIMEOUT';
    if (scope.signal.aborted || !isDockError(error) || !error.retryable || isLimit) throw error;
    await wait(retryMs, undefined, { signal: scope.signal });
    return pull(reference, scope);
  }
}

/** Pull by tag without moving a tag that the engine has: it names its old image again afterwards, and the build uses the digest. */
export async function pullByTag(
  reference: ImageReference,
  scope: FindScope,
): Promise<PulledImage & { readonly pin?: ImageReference }> {
  const { engine, onCleanup } = scope.context;
  const tagged = withDefaultTag(reference);
  const name = formatImageReference(tagged);
  const before = await engine.inspectImage(name, { signal: scope.signal });
  let isRestored = before === undefined;
  const restore = async (signal: AbortSignal) => {
    if (before === undefined || isRestored) return;
    const now = await engine.inspectImage(name, { signal });
    if (now?.id !== before.id) await engine.tagImage(before.id, tagged, { signal });
    isRestored = true;
  };
  // A pull that is cancelled, or fails late, may have moved the tag already.
  onCleanup(`give the name "${name}" back`, restore);
  const pulled = await pull(tagged, scope).catch(async (error: unknown) => {
    await restore(scope.signal).catch(() => undefined);
    throw error;
  });
  await restore(scope.signal);
  return { ...pulled, ...(pulled.digest === undefined ? {} : { pin: byDigest(reference, pulled.digest) }) };
}

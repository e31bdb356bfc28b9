import { type BuiltImage, type CheckoutContext, DockError, type TargetReference } from '@dock/core';
import { targetName } from './target-name.js';

/**
 * Give the image the name that it is pushed under. A name that is only for the push is taken away again when the run ends, or given back to
 * the image that had it.
 */
export async function nameForPush(
  reference: TargetReference,
  image: BuiltImage,
  context: CheckoutContext,
): Promise<void> {
  const { engine, signal } = context;
  const name = targetName(reference);
  if (reference.isPublishOnly === true) {
    const before = await engine.inspectImage(name, { signal });
    if (before?.id === image.id) return;
    context.onCleanup(`take away the name ${name}`, async (cleanupSignal) => {
      const now = await engine.inspectImage(name, { signal: cleanupSignal });
      // Somebody else may have moved the name meanwhile; then it is theirs.
      if (now?.id !== image.id) return;
      if (before === undefined) await engine.removeImage(name, { signal: cleanupSignal, noPrune: true });
      else await engine.tagImage(before.id, reference, { signal: cleanupSignal });
    });
  }
  await engine.tagImage(image.id, reference, { signal });
}

/**
 * Whether the name still means the image that was built, right before it is pushed.
 *
 * @throws TAG_MOVED naming both IDs
 */
export async function checkName(
  reference: TargetReference,
  image: BuiltImage,
  context: CheckoutContext,
): Promise<void> {
  const name = targetName(reference);
  const now = await context.engine.inspectImage(name, { signal: context.signal });
  if (now?.id === image.id) return;
  throw new DockError(
    'TAG_MOVED',
    `"${name}" names ${now?.id ?? 'no image'} in the engine, but this run built ${image.id}.`,
  );
}

import type { TargetReference } from '../contracts/build-spec.js';
import type { BuiltImage, PublishedImage, UnpublishedImage } from '../contracts/image.js';
import { DockError } from '../errors/dock-error.js';
import { callHook } from './call-hook.js';
import { targetName } from './run-record.js';
import type { RunScope } from './run-scope.js';

/**
 * Give the final image its names in the engine, by its ID.
 *
 * @throws DAEMON_ERROR and its kin
 */
export async function nameImage(
  scope: RunScope,
  image: BuiltImage,
  references: readonly TargetReference[],
): Promise<void> {
  const named = references.filter((reference) => reference.isPublishOnly !== true);
  await Promise.all(
    named.map(async (reference) => {
      await scope.engine.tagImage(image.id, reference, { signal: scope.signal });
      scope.record.names.push(targetName(reference));
    }),
  );
  scope.record.names.sort();
}

/**
 * Publish: call the push hook, and believe it only where it names a digest for each reference that was asked for.
 *
 * @throws PUSH_PARTIAL, PLUGIN_FAILED for a reference without an outcome, and what the taps throw
 */
export async function publish(
  scope: RunScope,
  image: BuiltImage,
  references: readonly TargetReference[],
  extra: Readonly<Record<string, unknown>>,
): Promise<void> {
  const wanted = references.filter((reference) => reference.isLocalOnly !== true);
  scope.record.requested = wanted;
  if (wanted.length === 0) {
    throw new DockError('USAGE', 'There is nothing to publish: the image has no name that may be pushed.', {
      hint: 'Name it with --tag, or use the tag plugin.',
    });
  }
  if (scope.hooks.count('push') === 0) {
    throw new DockError('CONFIG_INVALID', 'Publishing was asked for, but no plugin pushes.', {
      hint: 'Add push() to "plugins".',
    });
  }
  const outcomes = {
    reportPublished: (published: PublishedImage) => scope.record.addPublished([published]),
    reportUnpublished: (unpublished: UnpublishedImage) => scope.record.addUnpublished(unpublished),
  };
  const published = (await callHook(scope, 'push', [[], wanted, image], {
    ...extra,
    ...outcomes,
  })) as readonly PublishedImage[];
  scope.record.addPublished(published);
  const missing = scope.record.missing();
  if (missing.length === 0) return;
  throw new DockError(
    'PLUGIN_FAILED',
    `The push hook ended without an outcome for ${missing.map((reference) => `"${targetName(reference)}"`).join(', ')}.`,
    {
      hint: `The image is kept as ${image.id}; "dock push ${image.id} --tag NAME" publishes it.`,
    },
  );
}

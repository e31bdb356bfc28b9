import type { TargetReference } from '../contracts/build-spec.js';
import type { BuiltImage, PublishedImage, UnpublishedImage } from '../contracts/image.js';
import { type ErrorCode, isErrorCode } from '../errors/catalogue.js';
import { DockError } from '../errors/dock-error.js';
import { toDockError } from '../errors/error-document.js';
import { checkedValue } from '../hooks/checked-value.js';
import { callHook } from './call-hook.js';
import { confirmAsked, confirmPublished } from './confirm-published.js';
import { describeImage, engineImage } from './engine-image.js';
import { targetName } from './run-record.js';
import type { RunScope } from './run-scope.js';

/**
 * Give the final image its names in the engine, by its ID; an image that no engine has gets its names when it is published. Every name is tried, so that none is given after the run has ended.
 *
 * @throws IMAGE_NOT_IN_ENGINE; DAEMON_ERROR and its kin: the first failure, with the others attached
 */
export async function nameImage(
  scope: RunScope,
  image: BuiltImage,
  references: readonly TargetReference[],
): Promise<void> {
  const { engine, record, signal } = scope;
  const named = references.filter((reference) =>
    image.place.kind === 'engine' ? reference.isPublishOnly !== true : reference.isLocalOnly === true,
  );
  if (named.length === 0) return;
  if (image.place.kind !== 'engine' && scope.builder !== undefined) {
    scope.warn({
      message: `The image is in no engine, so it has no name there: "${named.map(targetName).join('", "')}" is not given.`,
      hint: 'Only an image that is loaded into an engine can have a local name.',
    });
    return;
  }
  const { id } = engineImage(image, `The name "${named.map(targetName).join('", "')}"`);
  const outcomes = await Promise.allSettled(
    named.map(async (reference) => {
      await engine.tagImage(id, reference, { signal });
      record.names.push(targetName(reference));
      record.onProgress?.({ names: [...record.names] });
    }),
  );
  record.names.sort();
  const [first, ...others] = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [toDockError(outcome.reason)] : [],
  );
  if (first === undefined) return;
  first.attached.push(...others);
  throw first;
}

/**
 * Publish: call the push hook, and believe it only where it names a digest for each reference that was asked for.
 *
 * @throws USAGE, CONFIG_INVALID when nothing can be published; PUSH_PARTIAL, or the code that a plugin gave, for references that it
 *   reported as not published; PLUGIN_FAILED for a reference without an outcome; and what the taps throw
 */
export async function publish(
  scope: RunScope,
  image: BuiltImage,
  references: readonly TargetReference[],
  extra: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { record } = scope;
  const wanted = references.filter((reference) => reference.isLocalOnly !== true);
  record.requested = wanted;
  record.attesters = scope.hooks.attesters;
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
  const { publishedImage, unpublishedImage } = await import('../hooks/value-schemas.js');
  const reporters = (plugin: string) => {
    const place = { plugin, hook: 'push' as const, did: 'reported in' };
    return {
      reportPublished(value: unknown) {
        const reported = checkedValue(publishedImage, value, place) as PublishedImage;
        confirmPublished(scope, reported);
        record.addPublished([reported]);
      },
      reportUnpublished(value: unknown) {
        const reported = checkedValue(unpublishedImage, value, place) as UnpublishedImage;
        confirmAsked(scope, reported.reference);
        record.addUnpublished(reported);
      },
    };
  };
  const published = await callHook(scope, 'push', [[], wanted, image], (plugin) => ({
    ...extra,
    ...reporters(plugin),
  }));
  record.addPublished(published as readonly PublishedImage[]);
  const missing = record.missing();
  if (missing.length > 0) throw notPublished(scope, image, missing);
}

/** Why a push hook that ended without an error did not publish everything. */
function notPublished({ record }: RunScope, image: BuiltImage, missing: readonly TargetReference[]): DockError {
  const kept = describeImage(image);
  const hint =
    image.place.kind === 'engine'
      ? `The image is kept as ${kept}; "dock push ${kept} --tag NAME" publishes it.`
      : `The image is kept as ${kept}.`;
  const silent = missing.filter((reference) => record.unpublished(reference) === undefined);
  if (silent.length > 0) {
    const names = silent.map((reference) => `"${targetName(reference)}"`).join(', ');
    return new DockError('PLUGIN_FAILED', `The push hook ended without an outcome for ${names}.`, { hint });
  }
  const reasons = missing.flatMap((reference) => record.unpublished(reference) ?? []);
  const said: string | undefined = reasons[0]?.error.code;
  const code: ErrorCode = record.published.length > 0 || !isErrorCode(said) ? 'PUSH_PARTIAL' : said;
  const why = reasons.map(({ name, error }) => `"${name}" (${error.code}: ${error.message})`).join(', ');
  return new DockError(code, `Not published: ${why}.`, { hint });
}

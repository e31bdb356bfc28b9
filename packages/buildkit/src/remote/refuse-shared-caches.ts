import { type BuildSpec, DockError } from '@dock/core';
import { cacheEntries, formatCache } from '@dock/core/internal';

/**
 * Several nodes write one cache one after the other, and the last one's is what is left. A cache in the image itself is each node's own.
 *
 * @throws OPTION_UNSUPPORTED
 */
export function refuseSharedCaches({ cacheTo }: Pick<BuildSpec, 'cacheTo'>, builder: string): void {
  const shared = cacheEntries(cacheTo, 'to').find(({ type }) => type !== 'inline');
  if (shared === undefined) return;
  // The place alone: other attributes may be secrets.
  const { ref, dest } = shared.attributes;
  const place = formatCache({
    type: shared.type,
    attributes: { ...(ref === undefined ? {} : { ref }), ...(dest === undefined ? {} : { dest }) },
  });
  throw new DockError(
    'OPTION_UNSUPPORTED',
    `The platforms of this build are on several nodes of the builder "${builder}", and each would write the cache "${place}": only the last one's would be left.`,
    {
      hint: 'Write the caches by one run for each platform, each to a cache of its own: --platform linux/arm64 --cache-to REF-arm64. Then name them all in --cache-from here. Or use type=inline.',
      details: { option: 'cacheTo', builder },
    },
  );
}

import type { BuildResult } from '@dock/core';

/**
 * What `--metadata-file` holds: the whole result, and the keys that buildx writes, for tools that read those. `containerimage.digest` is the digest in the
 * registry, from the first reference that was published; without a push it is there only where the engine itself knows one.
 */
export function metadataOf(result: BuildResult): Record<string, unknown> {
  const digest = result.published[0]?.digest ?? result.image?.manifestDigest;
  const names = [...new Set([...result.names, ...result.published.map((image) => image.name)])];
  return {
    ...result,
    ...(digest === undefined ? {} : { 'containerimage.digest': digest }),
    ...(result.image === undefined ? {} : { 'containerimage.config.digest': result.image.configDigest }),
    ...(names.length === 0 ? {} : { 'image.name': names.join(',') }),
  };
}

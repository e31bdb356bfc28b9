import type { BuildResult } from '@dock/core';

/**
 * What `--metadata-file` holds: the whole result, and the keys that buildx writes, for tools that read those. `containerimage.digest` is the digest in the
 * registry, from the first reference that was published; without a push it is there only where the engine itself knows one, or the build made nothing but an
 * archive of an image.
 */
export function metadataOf(result: BuildResult): Record<string, unknown> {
  const archive =
    result.image === undefined ? result.outputs?.find((output) => output.digest !== undefined) : undefined;
  const digest = result.published[0]?.digest ?? result.image?.manifestDigest ?? archive?.digest;
  const configDigest = result.image?.configDigest ?? archive?.configDigest;
  const named = [...result.names, ...result.published.map((image) => image.name), ...(archive?.names ?? [])];
  const names = [...new Set(named)];
  return {
    ...result,
    ...(digest === undefined ? {} : { 'containerimage.digest': digest }),
    ...(configDigest === undefined ? {} : { 'containerimage.config.digest': configDigest }),
    ...(names.length === 0 ? {} : { 'image.name': names.join(',') }),
  };
}

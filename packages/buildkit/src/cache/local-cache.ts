import { DockError, type EngineEvent, isDigest, thrownMessage } from '@dock/core';
import { type CacheEntry, goBoolean, warningEvent } from '@dock/core/internal';
import type { BlobDirectory } from '../content/blob-directory.js';
import { type Descriptor, tagManifest } from '../content/oci-index.js';
import { dropUnreferenced } from '../content/referenced-blobs.js';

/** Where a builder says what it wrote as a cache (moby/buildkit, `cache/remotecache`). */
const responseKey = 'cache.manifest';

/** Bytes of a manifest; more is none. */
const manifestBytes = 4 * 1024 * 1024;

/**
 * Name in the index of each local cache what the build wrote, so that the next build finds it.
 *
 * @param blobsOf The blobs of a local cache, which know what was written
 */
export async function keepLocalCaches(
  exports: readonly CacheEntry[],
  response: Readonly<Record<string, string>>,
  blobsOf: (directory: string) => BlobDirectory,
  onEvent: (event: EngineEvent) => void,
): Promise<void> {
  for (const { type, attributes } of exports) {
    if (type !== 'local') continue;
    const { dest = '', tag = 'latest' } = attributes;
    const blobs = blobsOf(dest);
    try {
      // The answer tells of one of several caches only.
      const written = (await manifestIn(blobs, toldManifest(response))) ?? (await manifestIn(blobs, blobs.last));
      if (written === undefined) throw new Error('the builder put no manifest there');
      await tagManifest(dest, written, tag);
      if (goBoolean(attributes['reset'] ?? '') === true) await dropUnreferenced(blobs);
    } catch (error) {
      const message = `The cache "type=local,dest=${dest}" was not written: ${thrownMessage(error)}.`;
      if (goBoolean(attributes['ignore-error'] ?? '') === false)
        throw new DockError('BUILD_FAILED', message, { cause: error });
      onEvent(warningEvent(message));
    }
  }
}

function toldManifest(response: Readonly<Record<string, string>>): string | undefined {
  try {
    const { digest } = JSON.parse(response[responseKey] ?? '') as Partial<Descriptor>;
    return digest;
  } catch {
    return undefined;
  }
}

async function manifestIn(blobs: BlobDirectory, digest: string | undefined): Promise<Descriptor | undefined> {
  if (digest === undefined || !isDigest(digest)) return undefined;
  const bytes = await blobs.read(digest, manifestBytes);
  try {
    const { mediaType, schemaVersion } = JSON.parse(bytes?.toString('utf8') ?? '') as Record<string, unknown>;
    if (schemaVersion !== 2 || typeof mediaType !== 'string') return undefined;
    return { mediaType, digest, size: bytes?.length ?? 0 };
  } catch {
    // A layer, or the configuration of the cache.
    return undefined;
  }
}

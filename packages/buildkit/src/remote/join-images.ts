import { createHash } from 'node:crypto';
import type { ImageRepository, RemoteImage } from '@dock/core';
import { readByDigest, registryImage, type RegistryPlace } from './registry-image.js';

const indexType = 'application/vnd.oci.image.index.v1+json';

/**
 * Join images of several nodes, which are in one repository, into one index: its entries are theirs, in the order of the images.
 *
 * @param repositories All that have the images; each gets the index.
 */
export async function joinImages(
  place: RegistryPlace,
  repositories: readonly ImageRepository[],
  images: readonly RemoteImage[],
): Promise<RemoteImage> {
  const entries = await Promise.all(images.map(async (image) => entriesOf(place, image)));
  const text = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: entries.flat() });
  const bytes = Buffer.from(text);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  for (const repository of repositories)
    await place.registry.putManifest(
      { ...repository, digest },
      { mediaType: indexType, bytes },
      place.signal === undefined ? {} : { signal: place.signal },
    );
  return registryImage(place, { digest });
}

async function entriesOf(
  place: RegistryPlace,
  { manifestDigest = '', platforms }: RemoteImage,
): Promise<readonly unknown[]> {
  const { manifest, mediaType, size, digest, configDigest } = await readByDigest(place, manifestDigest);
  if (configDigest === undefined) return manifest['manifests'] as readonly unknown[];
  const [os, architecture, variant] = (platforms[0]?.platform ?? '').split('/');
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) };
  return [{ mediaType, digest, size, platform }];
}

import {
  concurrently,
  type ContentDescriptor,
  DockError,
  formatImageReference,
  type ImageReference,
  type ManifestContent,
  type TransferOptions,
} from '@dock/core';
import type { RegistryCalls } from '../client/registry-calls.js';
import { readBlob, readManifestContent } from './read-content.js';
import { hasBlob, mountBlob, putManifest, sendBlob } from './write-content.js';

/** Blobs that move at the same time. */
const lanes = 4;

interface ManifestDocument {
  readonly manifests?: readonly ContentDescriptor[];
  readonly config?: ContentDescriptor;
  readonly layers?: readonly (ContentDescriptor & { readonly urls?: readonly string[] })[];
}

/**
 * Copy an image, or an index with all its images: blobs first, then the manifests by digest, the target's own name last.
 *
 * @throws IMAGE_NOT_FOUND when the source, or something that it consists of, is not there
 */
export async function copyImage(
  calls: RegistryCalls,
  from: ImageReference,
  to: ImageReference,
  options: TransferOptions,
): Promise<ContentDescriptor> {
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const manifest = await readManifestContent(calls, from, signal);
  if (manifest === undefined) throw notThere(from);
  await copyParts(calls, manifest, from, to, options);
  return putManifest(calls, to, manifest, signal);
}

async function copyParts(
  calls: RegistryCalls,
  { bytes }: ManifestContent,
  from: ImageReference,
  to: ImageReference,
  options: TransferOptions,
): Promise<void> {
  const document = JSON.parse(Buffer.from(bytes).toString('utf8')) as ManifestDocument;
  for (const { digest } of document.manifests ?? [])
    await copyImage(calls, byDigest(from, digest), byDigest(to, digest), options);
  // Layers that are elsewhere by design (`urls`) are in no registry.
  const own = (document.layers ?? []).filter(({ urls }) => urls === undefined);
  const blobs = [...(document.config === undefined ? [] : [document.config]), ...own];
  const unique = [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
  await concurrently(unique, lanes, async (blob) => copyBlob(calls, blob, from, to, options));
}

async function copyBlob(
  calls: RegistryCalls,
  { digest, size }: ContentDescriptor,
  from: ImageReference,
  to: ImageReference,
  options: TransferOptions,
): Promise<void> {
  if (from.registry === to.registry && from.repository === to.repository) return;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  if (await hasBlob(calls, to, digest, signal)) return;
  if (await mountBlob(calls, to, digest, from, signal)) return;
  const send = async (content: AsyncIterable<Uint8Array>) => {
    await sendBlob(calls, to, { digest, size, content }, options);
    return true;
  };
  if ((await readBlob(calls, from, digest, send, options)) === undefined) throw notThere(byDigest(from, digest));
}

function byDigest({ registry, repository }: ImageReference, digest: string): ImageReference {
  return { registry, repository, digest };
}

function notThere(reference: ImageReference): DockError {
  return new DockError('IMAGE_NOT_FOUND', `The registry has no "${formatImageReference(reference)}" to copy.`, {
    hint: 'Check the name, or push the image first.',
  });
}

import {
  type BuiltImage,
  DockError,
  type EnginePort,
  isDockError,
  type ManifestDescription,
  type PublishedImage,
  type PushReceipt,
  type TargetReference,
} from '@dock/core';
import { targetName } from './target-name.js';

/** Who vouches for a push. */
export type Confirmation = Pick<PublishedImage, 'confirmedBy' | 'isVerified' | 'unverifiedReason' | 'configDigest'>;

/**
 * Ask the registry what it holds under the reference that was just pushed, and compare it with what the push said and with what was built.
 *
 * @throws DIGEST_MISMATCH when the registry holds something else
 */
export async function confirmPush(
  engine: EnginePort,
  reference: TargetReference,
  receipt: PushReceipt,
  image: BuiltImage,
  signal: AbortSignal,
): Promise<Confirmation> {
  let manifest: ManifestDescription | undefined;
  try {
    manifest = await engine.findManifest(reference, { signal, withConfig: true });
  } catch (error) {
    if (signal.aborted || !isDockError(error)) throw error;
    return { confirmedBy: 'push-stream', isVerified: false, unverifiedReason: error.message };
  }
  const name = targetName(reference);
  if (manifest === undefined) {
    throw new DockError(
      'DIGEST_MISMATCH',
      `The push of "${name}" reported ${receipt.digest}, but the registry says that there is no such manifest.`,
    );
  }
  if (manifest.digest !== receipt.digest) {
    throw new DockError(
      'DIGEST_MISMATCH',
      `The push of "${name}" reported ${receipt.digest}, but the registry holds ${manifest.digest}.`,
    );
  }
  const configDigest = checkConfigs(name, manifest, image);
  return { confirmedBy: manifest.via, isVerified: true, ...(configDigest === undefined ? {} : { configDigest }) };
}

/** The config digest inside the manifest, which must be one of the image that was built. */
function checkConfigs(name: string, manifest: ManifestDescription, image: BuiltImage): string | undefined {
  const built = new Set([image.configDigest, ...image.platforms.map(({ configDigest }) => configDigest)]);
  const found = [manifest.configDigest, ...manifest.platforms.map(({ configDigest }) => configDigest)].filter(
    (digest) => digest !== undefined,
  );
  if (found.length > 0 && !found.some((digest) => built.has(digest))) {
    throw new DockError(
      'DIGEST_MISMATCH',
      `The manifest of "${name}" in the registry holds the configuration ${found[0]}, but ${image.configDigest} was built.`,
    );
  }
  return found.find((digest) => built.has(digest));
}

import { setTimeout as wait } from 'node:timers/promises';
import {
  type EngineImage,
  DockError,
  type EnginePort,
  formatImageReference,
  type ImageReference,
  isDockError,
  type ManifestDescription,
  type PushReceipt,
} from '@dock/core';

/** What the registry said of a push. */
export interface Confirmation {
  /** Who found the pushed digest in the registry; absent when nobody could ask. */
  readonly confirmedBy?: ManifestDescription['via'];
  readonly configDigest?: string;
  /** Why it is not proven that the registry holds the image that was built. */
  readonly unverifiedReason?: string;
}

/** Looks at the registry before it is believed to hold nothing, or something else: some registries show a manifest late. */
const looks = 8;
/** A registry that took so long to answer is not asked again, ms. */
const patienceMs = 15_000;
/** Longest wait between two looks, ms. */
const longestDelayMs = 4000;

/** An engine that asks for no index is answered with the image for its platform (distribution, `registry/handlers/manifests.go`), and takes its push for done. */
const withinIndexHint =
  'The name holds an index that has this image in it. Some registries answer an engine with the image itself then, and the engine leaves the name as it is: delete the name in the registry first, publish under another one, or build with another builder (--builder), whose names dock puts itself.';

/**
 * Ask the registry what it holds under the name, and compare with what was pushed and with what was built.
 *
 * @param delayMs Wait before the second look; it doubles.
 * @throws DIGEST_MISMATCH; REGISTRY_ERROR when the registry says, for as long as it is asked, that there is nothing
 */
export async function confirmPush(
  engine: EnginePort,
  reference: ImageReference,
  image: EngineImage,
  receipt: PushReceipt,
  { signal, delayMs }: { readonly signal: AbortSignal; readonly delayMs: number },
): Promise<Confirmation> {
  const name = formatImageReference(reference);
  checkReceipt(name, receipt, image);
  const began = performance.now();
  for (let look = 1; ; look += 1) {
    const answer = await lookUp(engine, reference, image, receipt, signal);
    const isSettled =
      answer.failure === undefined ? answer.manifest?.digest === receipt.digest : !answer.failure.retryable;
    if (!isSettled && look < looks && performance.now() - began < patienceMs) {
      await wait(Math.min(delayMs * 2 ** (look - 1), longestDelayMs), undefined, { signal });
      continue;
    }
    if (answer.failure !== undefined) return { unverifiedReason: answer.failure.message };
    const { manifest } = answer;
    if (manifest === undefined) {
      throw new DockError(
        'REGISTRY_ERROR',
        `Registry "${reference.registry}" took "${name}", but says that it has no such image.`,
      );
    }
    if (manifest.digest !== receipt.digest) {
      throw new DockError(
        'DIGEST_MISMATCH',
        `"${name}" was pushed as ${receipt.digest}, but the registry holds ${manifest.digest}.`,
        {
          ...(manifest.platforms.some((each) => each.digest === receipt.digest) ? { hint: withinIndexHint } : {}),
          details: { name, pushed: receipt.digest, found: manifest.digest },
        },
      );
    }
    checkContent(name, manifest, image);
    const configDigest = manifest.configDigest ?? configOf(manifest, image);
    if (configDigest !== undefined) return { confirmedBy: manifest.via, configDigest };
    if (image.manifestDigest !== undefined || (await isOfImage(engine, reference, receipt, image, signal)))
      return { confirmedBy: manifest.via };
    return {
      confirmedBy: manifest.via,
      unverifiedReason:
        'The registry holds the pushed digest, but its manifest could not be read to compare it with the image.',
    };
  }
}

/**
 * The containerd store pushes manifests as they are: a digest that is not one of the image's is another image.
 *
 * @throws DIGEST_MISMATCH
 */
function checkReceipt(name: string, { digest }: PushReceipt, image: EngineImage): void {
  if (image.manifestDigest === undefined) return;
  const own = [image.manifestDigest, ...image.platforms.map(({ manifestDigest }) => manifestDigest)];
  if (own.includes(digest)) return;
  throw new DockError(
    'DIGEST_MISMATCH',
    `"${name}" was pushed as ${digest}, which is no manifest of the built image, ${image.manifestDigest}.`,
    { details: { name, pushed: digest, built: own.filter((each) => each !== undefined) } },
  );
}

/**
 * Whether the engine says that the pushed digest is the manifest of the built image: it notes so when it has pushed. This is the evidence where
 * the registry can be reached by the engine alone. A containerd store needs none: there the digest is the image's own.
 */
async function isOfImage(
  engine: EnginePort,
  { registry, repository }: ImageReference,
  { digest }: PushReceipt,
  image: EngineImage,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await engine.inspectImage(formatImageReference({ registry, repository, digest }), { signal });
    return found?.id === image.id;
  } catch (error) {
    if (signal.aborted || !isDockError(error)) throw error;
    // The push is out; that nobody can say more of it is told with the result.
    return false;
  }
}

interface Answer {
  readonly manifest?: ManifestDescription | undefined;
  readonly failure?: DockError;
}

async function lookUp(
  engine: EnginePort,
  reference: ImageReference,
  { configDigest }: EngineImage,
  { digest }: PushReceipt,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    const expected = { digest, configDigest };
    return { manifest: await engine.findManifest(reference, { signal, withConfig: true, expected }) };
  } catch (error) {
    // Bytes that are not those of their digest are an answer, and the worst one: nobody can pull them.
    if (signal.aborted || !isDockError(error) || error.code === 'DIGEST_MISMATCH') throw error;
    return { failure: error };
  }
}

/** In an index, the config of the image's first platform. */
function configOf(manifest: ManifestDescription, image: EngineImage): string | undefined {
  return manifest.platforms.find(({ configDigest }) => configDigest === image.configDigest)?.configDigest;
}

/**
 * Whether the manifest holds the image that was built: every platform's config digest is in it (design §4, image identity).
 * Where no config could be read, there is nothing to compare: {@link confirmPush} then asks the engine.
 *
 * @throws DIGEST_MISMATCH
 */
function checkContent(name: string, manifest: ManifestDescription, image: EngineImage): void {
  if (contentVerdict(manifest, image) !== 'other') return;
  const { held, built } = configsOf(manifest, image);
  throw new DockError(
    'DIGEST_MISMATCH',
    `The manifest ${manifest.digest} of "${name}" holds the image ${[...held].join(', ')}, not the built one, ${image.configDigest}.`,
    { details: { name, built: [...built], found: [...held] } },
  );
}

/** Whether a manifest holds the built image, by every platform's config; unknown where no config could be read. */
export function contentVerdict(manifest: ManifestDescription, image: EngineImage): 'built' | 'other' | 'unknown' {
  const { held, built } = configsOf(manifest, image);
  if (held.size === 0) return 'unknown';
  const isSingle = manifest.configDigest !== undefined;
  const isBuilt = isSingle ? built.has(manifest.configDigest) : [...built].every((digest) => held.has(digest));
  return isBuilt ? 'built' : 'other';
}

function configsOf(manifest: ManifestDescription, image: EngineImage) {
  const held = new Set([manifest.configDigest, ...manifest.platforms.map(({ configDigest }) => configDigest)]);
  held.delete(undefined);
  const built = new Set([image.configDigest, ...image.platforms.map(({ configDigest }) => configDigest)]);
  return { held, built };
}

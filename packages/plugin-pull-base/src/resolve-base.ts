import {
  type BaseImage,
  type CheckoutContext,
  DockError,
  familiarImageReference,
  formatImageReference,
  type ImageDetails,
  type ImageReference,
  isDockError,
  repositoryName,
} from '@dock/core';
import { candidates } from './candidates.js';
import type { Settings } from './options.js';

/** A base that is ready for the build. */
export interface ReadyBase {
  readonly base: BaseImage;
  /** What the Dockerfile has to name instead, when its own words would not mean this image. */
  readonly pin?: string;
}

/** `repository@digest`, without the tag: how an image is found and pulled without touching any tag. */
function byDigest({ registry, repository }: ImageReference, digest: string): ImageReference {
  return { registry, repository, digest };
}

/**
 * Make one base ready: find out its digest, bring it by digest (so that no tag of the user moves), or take what is there.
 *
 * @throws IMAGE_NOT_FOUND, AUTH_FAILED, PULL_FAILED, REGISTRY_UNREACHABLE and their kin
 */
export async function resolveBase(
  base: BaseImage,
  platform: string | undefined,
  context: CheckoutContext,
  settings: Settings,
): Promise<ReadyBase> {
  const sources = candidates(base.reference, settings.parentRegistry);
  const own = sources[0] ?? base.reference;
  if (base.use === 'syntax') return { base: await describeFrontend(base, context, settings) };
  if (settings.policy !== 'always') {
    for (const source of sources) {
      const local = await context.engine.inspectImage(formatImageReference(source), { signal: context.signal });
      if (local !== undefined) return takeLocal(base, source, local, settings);
    }
    if (settings.policy === 'never') {
      throw new DockError(
        'IMAGE_NOT_FOUND',
        `The base "${base.text}" (line ${base.line}) is not in the engine, and the policy is "never".`,
        {
          hint: `Pull ${familiarImageReference(own)} first, or use another policy.`,
        },
      );
    }
  }
  for (const source of sources) {
    const digest = source.digest ?? (await askRegistry(source, context));
    if (digest !== undefined) return bring(base, source, digest, platform, context);
  }
  const local =
    settings.parentRegistry === undefined
      ? await context.engine.inspectImage(formatImageReference(own), { signal: context.signal })
      : undefined;
  if (local === undefined) {
    throw new DockError(
      'IMAGE_NOT_FOUND',
      `No registry has the base "${base.text}" (line ${base.line}): asked for ${sources.map((source) => `"${formatImageReference(source)}"`).join(' and ')}.`,
    );
  }
  context.warn(`No registry has the base "${base.text}": the engine's own image ${local.id} is used.`);
  return { base: { ...base, id: local.id, isLocalOnly: true } };
}

async function askRegistry(source: ImageReference, context: CheckoutContext): Promise<string | undefined> {
  const manifest = await context.engine.findManifest(source, { signal: context.signal });
  return manifest?.digest;
}

async function bring(
  base: BaseImage,
  source: ImageReference,
  digest: string,
  platform: string | undefined,
  context: CheckoutContext,
): Promise<ReadyBase> {
  const { engine, signal } = context;
  const pinned = byDigest(source, digest);
  const name = formatImageReference(pinned);
  let id = platform === undefined ? (await engine.inspectImage(name, { signal }))?.id : undefined;
  if (id === undefined) {
    const onPlatform = platform === undefined ? {} : { platform };
    const pulled = await engine.pullImage(pinned, { signal, onEvent: (event) => context.emit(event), ...onPlatform });
    id = pulled.id;
  }
  return { base: { ...base, ...taken(base, source), id, digest }, pin: name };
}

function takeLocal(base: BaseImage, source: ImageReference, local: ImageDetails, settings: Settings): ReadyBase {
  const digest = source.digest ?? digestOf(local, source);
  const known = digest === undefined ? { isLocalOnly: true } : { digest };
  const ready = { ...base, ...taken(base, source), id: local.id, ...known };
  return settings.parentRegistry === undefined ? { base: ready } : { base: ready, pin: formatImageReference(source) };
}

/** The digest under which the engine knows an image of this repository; a locally built image has none. */
function digestOf(local: ImageDetails, source: ImageReference): string | undefined {
  const names = [
    `${repositoryName(source)}@`,
    `${familiarImageReference({ registry: source.registry, repository: source.repository })}@`,
  ];
  for (const digest of local.digests) {
    const name = names.find((each) => digest.startsWith(each));
    if (name !== undefined) return digest.slice(name.length);
  }
  return undefined;
}

function taken(base: BaseImage, source: ImageReference): Partial<BaseImage> {
  return repositoryName(source) === repositoryName(base.reference) ? {} : { takenFrom: source };
}

/** A frontend is brought by BuildKit itself; here only its digest is noted, where a registry tells it. */
async function describeFrontend(base: BaseImage, context: CheckoutContext, settings: Settings): Promise<BaseImage> {
  if (settings.policy === 'never') return base;
  try {
    const digest = await askRegistry(base.reference, context);
    return digest === undefined ? base : { ...base, digest };
  } catch (error) {
    if (!isDockError(error) || error.code === 'CANCELLED') throw error;
    context.warn(`The frontend "${base.text}" could not be looked up: ${error.message}`, { code: error.code });
    return base;
  }
}

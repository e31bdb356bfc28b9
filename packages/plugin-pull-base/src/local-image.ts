import {
  type EnginePort,
  formatImageReference,
  type ImageDetails,
  type ImageReference,
  isImageReference,
  parseImageReference,
  repositoryName,
  withDefaultTag,
} from '@dock/core';

/** An image that the engine has, seen from the name that a base gives it. */
export interface LocalImage {
  readonly id: string;
  /** Digest under which the engine knows it in that repository; absent for one that never was in a registry. */
  readonly digest?: string;
  readonly onBuild: readonly string[];
}

/** Whether an image of one platform will do where another is wanted; a variant counts only when both name one. */
function isPlatform(have: string, want: string | undefined): boolean {
  if (want === undefined) return true;
  const [haveOs, haveArch, haveVariant] = have.split('/');
  const [wantOs, wantArch, wantVariant] = want.split('/');
  const isSameVariant = haveVariant === undefined || wantVariant === undefined || haveVariant === wantVariant;
  return haveOs === wantOs && haveArch === wantArch && isSameVariant;
}

function digestIn({ digests }: ImageDetails, reference: ImageReference): string | undefined {
  const known = digests.filter(isImageReference).map(parseImageReference);
  return known.find((one) => repositoryName(one) === repositoryName(reference))?.digest;
}

/** The engine's image of that name and platform; `undefined` when it has none. */
export async function findLocalImage(
  engine: EnginePort,
  reference: ImageReference,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<LocalImage | undefined> {
  const wanted = reference.digest === undefined ? withDefaultTag(reference) : byDigest(reference, reference.digest);
  const details = await engine.inspectImage(formatImageReference(wanted), { signal });
  if (details === undefined || !isPlatform(details.platform, platform)) return undefined;
  const digest = reference.digest ?? digestIn(details, reference);
  return { id: details.id, onBuild: details.onBuild, ...(digest === undefined ? {} : { digest }) };
}

/** `name@digest` without a tag: the form that both image stores keep, and that moves no tag when it is pulled. */
export function byDigest({ registry, repository }: ImageReference, digest: string): ImageReference {
  return { registry, repository, digest };
}

import type { ImageReference } from '../contracts/image-reference.js';
import { DockError } from '../errors/dock-error.js';
import { parseDigest } from './digest.js';
import { familiarImageReference } from './format-image-reference.js';
import { tagRule } from './grammar.js';
import { defaultRegistry } from './normalise.js';

/**
 * The reference with another tag; a digest stays.
 * @throws INVALID_IMAGE_NAME for a tag that is not 1-128 letters, digits, `_`, `.`, `-`, starting with neither `.` nor `-`
 */
export function withTag(reference: ImageReference, tag: string): ImageReference {
  if (!tagRule.test(tag)) {
    throw new DockError('INVALID_IMAGE_NAME', `"${tag}" is not a tag for "${familiarImageReference(reference)}".`, {
      hint: 'A tag has 1 to 128 letters, digits, "_", "." and "-", and starts with a letter, a digit or "_".',
      details: { rule: 'format', part: tag },
    });
  }
  return { ...reference, tag };
}

/**
 * The reference with another digest; a tag stays.
 * @throws INVALID_IMAGE_NAME for anything but a full sha256, sha384 or sha512 digest
 */
export function withDigest(reference: ImageReference, digest: string): ImageReference {
  parseDigest(digest);
  return { ...reference, digest };
}

/** The reference with `latest`, if it has neither tag nor digest. */
export function withDefaultTag(reference: ImageReference): ImageReference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** The host that serves the registry API: `registry-1.docker.io` for Docker Hub, else the registry itself. */
export function registryHostOf(reference: Pick<ImageReference, 'registry'>): string {
  return reference.registry === defaultRegistry ? 'registry-1.docker.io' : reference.registry;
}

/** Whether two references name one image: a digest decides over a tag, no tag means `latest`. */
export function isSameImage(one: ImageReference, other: ImageReference): boolean {
  const a = withDefaultTag(one);
  const b = withDefaultTag(other);
  if (a.registry !== b.registry || a.repository !== b.repository || a.digest !== b.digest) return false;
  return a.digest !== undefined || a.tag === b.tag;
}

import type { ImageReference } from '../contracts/image-reference.js';
import { identifierRule, readReference } from './grammar.js';
import { splitRegistry } from './normalise.js';
import { invalidReference } from './reference-error.js';

function readImageReference(text: string): ImageReference | undefined {
  if (identifierRule.test(text)) return undefined;
  const { registry, remainder } = splitRegistry(text);
  const raw = readReference(`${registry}/${remainder}`);
  if (typeof raw === 'string' || raw.domain === undefined) return undefined;
  return {
    registry: raw.domain,
    repository: raw.path,
    ...(raw.tag === undefined ? {} : { tag: raw.tag }),
    ...(raw.digest === undefined ? {} : { digest: raw.digest }),
  };
}

/**
 * Reads and normalises an image name: `ubuntu` becomes `docker.io` and `library/ubuntu`, `index.docker.io` becomes
 * `docker.io`, tag and digest are kept apart. No tag is added (see `withDefaultTag`). Grammar and limits are those of
 * distribution/reference v0.6; a name of 64 hex digits is refused, because engines read it as an image ID.
 * @throws INVALID_IMAGE_NAME naming the broken rule and the offending part (`details.rule`, `details.part`)
 */
export function parseImageReference(text: string): ImageReference {
  const reference = readImageReference(text);
  if (reference === undefined) throw invalidReference(text);
  return reference;
}

/** Whether {@link parseImageReference} accepts a text. */
export function isImageReference(text: string): boolean {
  return readImageReference(text) !== undefined;
}

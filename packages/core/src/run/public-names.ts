import type { BuildRequest } from '../contracts/build-request.js';
import type { ImageReference } from '../contracts/image-reference.js';
import { isDockError } from '../errors/dock-error.js';
import { familiarImageReference, formatImageReference, repositoryName } from '../reference/format-image-reference.js';
import { targetReferences } from './target-references.js';

/** Every form in which results and events write the names of images, and their parts: they are public, whatever secret is spelled like them. */
export function publicNames(references: readonly ImageReference[]): string[] {
  return references.flatMap((reference) => {
    const { registry, repository, tag } = reference;
    const whole = [formatImageReference(reference), familiarImageReference(reference), repositoryName(reference)];
    return [...whole, registry, repository, ...(tag === undefined ? [] : [tag])];
  });
}

/** The names that a request asks for; one that breaks the grammar is told in its phase. */
export function requestedNames(request: BuildRequest): string[] {
  try {
    return publicNames(targetReferences(request));
  } catch (error) {
    if (isDockError(error)) return [];
    throw error;
  }
}

import { familiarImageReference, type ImageReference, parseImageReference, withTag } from '@dock/core';

/** Where an image name may be completed. */
export interface NameParts {
  /** Registry to put in front: `registry.example.com:5000`. */
  readonly regUri?: string;
  readonly tag?: string;
}

/** A reference from the predecessor's parts: `regUri/name:tag`. @throws INVALID_IMAGE_NAME */
export function composeReference(name: string, { regUri = '', tag = '' }: NameParts = {}): ImageReference {
  const prefix = regUri.replace(/\/+$/, '');
  const reference = parseImageReference(prefix === '' ? name : `${prefix}/${name}`);
  return tag === '' ? reference : withTag(reference, tag);
}

/** The name as the predecessor returned it. */
export function nameOf(reference: ImageReference): string {
  return familiarImageReference(reference);
}

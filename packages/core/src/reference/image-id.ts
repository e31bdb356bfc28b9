import type { ImageReference } from '../contracts/image-reference.js';
import { isDigest } from './digest.js';
import { identifierRule } from './grammar.js';
import { parseImageReference } from './parse-image-reference.js';

/** What a user may type where an image is meant: an image ID or a name. */
export type ImageIdOrReference = { readonly id: string } | { readonly reference: ImageReference };

/**
 * Reads a full image ID (`sha256:<hex>`, or 64 hex digits) or a name. A shortened ID reads as a name, as in the engine.
 * @throws INVALID_IMAGE_NAME
 */
export function parseImageIdOrReference(text: string): ImageIdOrReference {
  if (identifierRule.test(text)) return { id: `sha256:${text}` };
  return isDigest(text) ? { id: text } : { reference: parseImageReference(text) };
}

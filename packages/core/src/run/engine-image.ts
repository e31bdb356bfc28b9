import type { BuiltImage, EngineImage } from '../contracts/image.js';
import { DockError } from '../errors/dock-error.js';

/** An image as messages name it: its ID in an engine, its repository and digest, or the directory of its layout. */
export function describeImage({ place }: BuiltImage): string {
  if (place.kind === 'engine') return place.id;
  return place.kind === 'registry' ? `${place.repository}@${place.digest}` : place.directory;
}

/**
 * The image, if an engine has it.
 *
 * @param what What needs it there, for the message: `Gate "smoke"`.
 * @throws IMAGE_NOT_IN_ENGINE
 */
export function engineImage(image: BuiltImage, what: string): EngineImage {
  if (image.place.kind === 'engine') return image as EngineImage;
  throw new DockError(
    'IMAGE_NOT_IN_ENGINE',
    `${what} needs the image in an engine, and it is in ${image.place.kind === 'registry' ? 'a registry' : 'an OCI layout'}: ${describeImage(image)}.`,
  );
}

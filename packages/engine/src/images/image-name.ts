import { DockError, familiarImageReference, parseImageIdOrReference } from '@dock/core';

/** A name or ID in the form that may go into a URL: a digest, a short ID, or a reference as the engine lists it. @throws INVALID_IMAGE_NAME */
export function engineImageName(nameOrId: string): string {
  if (/^(?:sha256:)?[0-9a-f]{4,64}$/.test(nameOrId)) {
    const isFull = nameOrId.length >= 64;
    if (isFull || nameOrId.startsWith('sha256:')) return nameOrId;
  }
  const read = parseImageIdOrReference(nameOrId);
  return 'id' in read ? read.id : familiarImageReference(read.reference);
}

/** As {@link engineImageName}, for something that has to be there. */
export function imageNotFound(nameOrId: string, cause?: unknown): DockError {
  return new DockError(
    'IMAGE_NOT_FOUND',
    `The engine has no image "${nameOrId}".`,
    cause === undefined ? {} : { cause },
  );
}

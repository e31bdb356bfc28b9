import { DockError } from '../errors/dock-error.js';

/**
 * All bytes of a content that is small.
 *
 * @param what Names it for the message: `The configuration "sha256:…"`.
 * @throws REGISTRY_ERROR when it is larger than the limit, which is in bytes
 */
export async function collectBytes(content: AsyncIterable<Uint8Array>, limit: number, what: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > limit) throw new DockError('REGISTRY_ERROR', `${what} is over ${limit / 2 ** 20} MiB.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

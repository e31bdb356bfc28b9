import { Readable } from 'node:stream';
import { chunkSize, type ContextEntry, walkContext } from '@dock/core/internal';
import { tarChunks } from './context-tar.js';

/**
 * A directory as it is, as an uncompressed tar: owner root, names in the order of their bytes. Nothing is read before the stream is, and destroying it
 * closes every file.
 *
 * @param directory absolute
 * @throws CONTEXT_ERROR for what a tar cannot hold
 */
export async function createDirectoryTar(directory: string, signal?: AbortSignal): Promise<Readable> {
  const entries: ContextEntry[] = [];
  for await (const entry of walkContext({ contextDir: directory, signal })) entries.push(entry);
  return Readable.from(tarChunks(directory, entries, undefined), {
    objectMode: false,
    highWaterMark: chunkSize,
    ...(signal === undefined ? {} : { signal }),
  });
}

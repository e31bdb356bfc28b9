import { Readable } from 'node:stream';
import type { ContextEntry } from './context-entry.js';
import { tarChunks } from './context-tar.js';
import { chunkSize } from './open-file.js';
import { walkContext } from './walk-context.js';

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

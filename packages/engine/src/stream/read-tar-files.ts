import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';

/** A small file of an archive. */
export interface TarFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The regular files of a tar up to a size; larger ones are passed over unread. */
export async function* readTarFiles(stream: Readable, maxBytes: number): AsyncGenerator<TarFile, void, void> {
  const archive = extract();
  // A cut or left archive ends the loop below with its error.
  stream.on('error', (error) => archive.destroy(error));
  stream.pipe(archive);
  for await (const entry of archive) {
    const { name, size, type } = entry.header;
    if (type !== 'file' || (size ?? 0) > maxBytes) {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    yield { name, bytes: Buffer.concat(chunks) };
  }
}

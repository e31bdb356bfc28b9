import type { Readable } from 'node:stream';
import { DockError } from '@dock/core';
import { extract } from 'tar-stream';
import { containerName } from '../containers/container-client.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { engineStatus } from '../transport/engine-error.js';

/** How long a transfer of files may take, ms. */
const transferMs = 10 * 60_000;

function archivePath(id: string, path: string): string {
  return `/containers/${containerName(id)}/archive?path=${encodeURIComponent(path)}`;
}

/** Extract a tar at a directory of a container. A stream is destroyed however that ends. */
export async function putArchive(
  connection: EngineConnection,
  id: string,
  directory: string,
  tar: Readable | Uint8Array,
  scope: CallScope = {},
): Promise<void> {
  const request = {
    method: 'PUT',
    path: archivePath(id, directory),
    headers: { 'Content-Type': 'application/x-tar' },
    body: tar,
  };
  await connection.exchange(
    `putting files into container "${id}"`,
    request,
    { timeoutMs: transferMs, ...scope },
    async ({ stream }) => drain(stream),
  );
}

/** One regular file of a container; links and everything else are not followed and count as not there. */
export async function getFile(
  connection: EngineConnection,
  id: string,
  path: string,
  { maxBytes, ...scope }: CallScope & { readonly maxBytes: number },
): Promise<Buffer | undefined> {
  try {
    return await connection.exchange(
      `reading "${path}" of container "${id}"`,
      { method: 'GET', path: archivePath(id, path) },
      { timeoutMs: transferMs, ...scope },
      ({ stream }) => firstFile(stream, path, maxBytes),
    );
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}

async function firstFile(stream: Readable, path: string, maxBytes: number): Promise<Buffer | undefined> {
  const archive = extract();
  stream.on('error', (error) => archive.destroy(error));
  stream.pipe(archive);
  for await (const entry of archive) {
    const { type, size } = entry.header;
    if (type !== 'file') return undefined;
    if (size > maxBytes) {
      throw new DockError(
        'RESULT_TOO_LARGE',
        `"${path}" of the container has ${size} bytes; the limit is ${maxBytes}.`,
      );
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
  return undefined;
}

async function drain(stream: Readable): Promise<void> {
  for await (const _chunk of stream);
}

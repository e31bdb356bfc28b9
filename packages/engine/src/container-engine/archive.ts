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
  const chunks: Buffer[] = [];
  const checkSize = (size: number): void => {
    if (size <= maxBytes) return;
    throw new DockError('RESULT_TOO_LARGE', `"${path}" of the container has ${size} bytes; the limit is ${maxBytes}.`);
  };
  const onPiece = (piece: Buffer): void => void chunks.push(piece);
  return (await takeFile(connection, id, path, { ...scope, checkSize, onPiece })) ? Buffer.concat(chunks) : undefined;
}

/** As {@link getFile}, in pieces and of any size; false when it is not there. */
export async function readFile(
  connection: EngineConnection,
  id: string,
  path: string,
  scope: CallScope & { readonly onPiece: (piece: Buffer) => void },
): Promise<boolean> {
  return takeFile(connection, id, path, scope);
}

interface FileSink extends CallScope {
  readonly checkSize?: (size: number) => void;
  readonly onPiece: (piece: Buffer) => void;
}

async function takeFile(
  connection: EngineConnection,
  id: string,
  path: string,
  { checkSize, onPiece, ...scope }: FileSink,
): Promise<boolean> {
  const request = { method: 'GET', path: archivePath(id, path) };
  const what = `reading "${path}" of container "${id}"`;
  try {
    return await connection.exchange(what, request, { timeoutMs: transferMs, ...scope }, async ({ stream }) => {
      const archive = extract();
      stream.on('error', (error) => archive.destroy(error));
      stream.pipe(archive);
      for await (const entry of archive) {
        if (entry.header.type !== 'file') return false;
        checkSize?.(entry.header.size ?? 0);
        for await (const chunk of entry) onPiece(chunk as Buffer);
        return true;
      }
      return false;
    });
  } catch (error) {
    if (engineStatus(error) === 404) return false;
    throw error;
  }
}

async function drain(stream: Readable): Promise<void> {
  for await (const _chunk of stream);
}

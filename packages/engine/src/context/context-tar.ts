import { closeSync } from 'node:fs';
import { Readable } from 'node:stream';
import {
  chunkSize,
  type ContextEntry,
  contextError,
  type ContextRequest,
  openFile,
  readContext,
  readPiece,
} from '@dock/core/internal';
import { tarEnd, tarHeader, tarPadding, type TarMember } from './tar-header.js';

/** Options of {@link createContextTar}. */
export interface ContextTarRequest extends ContextRequest {
  /** Clamp times to this, seconds since 1970 (`SOURCE_DATE_EPOCH`). */
  readonly sourceDateEpoch?: number;
}

/** A context on its way. */
export interface ContextTar {
  /** An uncompressed tar; nothing is read before it is. Destroying it closes every file. */
  readonly stream: Readable;
  /** The value for `dockerfile=`. */
  readonly dockerfileName: string;
  /** Entries of every kind. */
  readonly files: number;
  /** Bytes of all files. */
  readonly bytes: number;
  readonly ignoreFile?: string;
  readonly warnings: readonly string[];
}

/**
 * The build context as the classic builder takes it. Whatever is wrong with it is said before the first byte; a file that shrinks meanwhile destroys the
 * stream with CONTEXT_ERROR, so no corrupt tar ever ends well.
 *
 * @throws CONTEXT_ERROR, CONTEXT_TOO_LARGE, DOCKERIGNORE_INVALID
 */
export async function createContextTar(request: ContextTarRequest): Promise<ContextTar> {
  const context = await readContext(request);
  return {
    stream: contextStream(context.contextDir, context.entries, request),
    dockerfileName: context.dockerfileName,
    files: context.entries.length,
    bytes: context.bytes,
    ...(context.ignoreFile === undefined ? {} : { ignoreFile: context.ignoreFile }),
    warnings: context.warnings,
  };
}

/** These entries as a tar; a file that shrinks meanwhile destroys the stream with CONTEXT_ERROR. */
export function contextStream(
  contextDir: string,
  entries: readonly ContextEntry[],
  options: { readonly sourceDateEpoch?: number | undefined; readonly signal?: AbortSignal | undefined },
): Readable {
  return Readable.from(tarChunks(contextDir, entries, options.sourceDateEpoch), {
    objectMode: false,
    highWaterMark: chunkSize,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** The archive in chunks of about {@link chunkSize}; small members share one. @param under what stands before every path */
export async function* tarChunks(
  contextDir: string,
  entries: readonly ContextEntry[],
  epoch: number | undefined,
  under = '',
): AsyncGenerator<Buffer> {
  const firstNames = new Map<string, string>();
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const add = (...buffers: Buffer[]) => {
    for (const buffer of buffers) waitingBytes += buffer.length;
    waiting.push(...buffers);
  };
  const take = (): Buffer => {
    const [only] = waiting;
    const chunk = waiting.length === 1 && only !== undefined ? only : Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    return chunk;
  };
  for (const entry of entries) {
    const member = memberOf(entry, firstNames, epoch, under);
    if (entry.kind !== 'file' || member.type === 'link') {
      add(tarHeader(member));
    } else if (entry.content !== undefined) {
      add(tarHeader(member), Buffer.from(entry.content), tarPadding(entry.content.length));
    } else {
      const file = openFile(contextDir, entry.path);
      try {
        add(tarHeader({ ...member, size: file.size }));
        // A large file's pieces are handed on as they are.
        if (file.size > chunkSize) yield take();
        for (let at = 0; at < file.size; ) {
          const piece = Buffer.allocUnsafe(Math.min(chunkSize, file.size - at));
          const count = await readPiece(file, entry.path, piece, at);
          if (count === 0) throw contextError(entry.path, `shrank from ${file.size} to ${at} bytes while it was sent`);
          at += count;
          add(piece.subarray(0, count));
          if (waitingBytes >= chunkSize) yield take();
        }
        add(tarPadding(file.size));
      } finally {
        closeSync(file.fd);
      }
    }
    if (waitingBytes >= chunkSize) yield take();
  }
  add(tarEnd);
  yield take();
}

function memberOf(
  entry: ContextEntry,
  firstNames: Map<string, string>,
  epoch: number | undefined,
  under: string,
): TarMember {
  // Rounded down, times before 1970 too.
  const seconds = Math.floor(Number(entry.mtimeNs / 1_000_000n) / 1000);
  const common = {
    path: under + entry.path,
    mode: entry.mode,
    mtimeSeconds: epoch === undefined ? seconds : Math.min(seconds, epoch),
    size: 0,
  };
  if (entry.kind === 'directory') return { ...common, type: 'directory' };
  if (entry.target !== undefined) return { ...common, type: 'symlink', target: entry.target };
  const first = entry.inode === undefined ? undefined : firstNames.get(entry.inode);
  if (first !== undefined) return { ...common, type: 'link', target: under + first };
  if (entry.inode !== undefined) firstNames.set(entry.inode, entry.path);
  return { ...common, type: 'file', size: entry.size };
}

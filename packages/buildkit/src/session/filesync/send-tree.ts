import { closeSync } from 'node:fs';
import { isDockError } from '@dock/core';
import { type ContextEntry, contextError, openFile, readPiece } from '@dock/core/internal';
import { GrpcError, grpcStatus, type SessionStream } from '../service.js';
import {
  dataHead,
  errorPacket,
  finishPacket,
  type FsutilStat,
  packetType,
  readPacket,
  statPacket,
} from './fsutil-packet.js';
import { goFileMode } from './go-file-mode.js';

/** Bytes of one data packet; BuildKit takes messages of 4 MiB and more. */
const dataSize = 128 * 1024;
/** Files that are sent at once. */
const parallelFiles = 4;

/** What a transfer came to. */
export interface TreeTransfer {
  /** Files whose content was asked for. */
  requested: number;
  /** Bytes of content. */
  bytes: number;
}

/**
 * Serve one tree by the sending side of fsutil's DiffCopy: every path is offered as a `STAT`, in order; the receiver asks for the files that it lacks by the
 * number of their stat, gets them as `DATA`, and says `FIN`, which is answered. Memory is bounded: a packet is made when the one before it has left.
 *
 * @throws CONTEXT_ERROR, GrpcError
 */
export async function sendTree(
  stream: SessionStream,
  root: string,
  entries: readonly ContextEntry[],
): Promise<TreeTransfer> {
  const transfer: TreeTransfer = { requested: 0, bytes: 0 };
  const waiting: number[] = [];
  let active = 0;
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  let isOver = false;

  const serveWaiting = () => {
    while (active < parallelFiles && !isOver) {
      const id = waiting.shift();
      if (id === undefined) return;
      active += 1;
      sendFile(stream, root, entries[id], id, transfer)
        .catch(fail)
        .finally(() => {
          active -= 1;
          serveWaiting();
        });
    }
  };
  const receive = async () => {
    // Not "for await": leaving it would end the stream, which the answer to FIN still needs.
    const messages = stream.messages[Symbol.asyncIterator]();
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      const packet = readPacket(next.value);
      if (packet.type === packetType.error)
        throw new GrpcError(grpcStatus.unknown, `the builder gave up: ${packet.text}`);
      if (packet.type === packetType.finish) return;
      if (packet.type === packetType.request) {
        waiting.push(packet.id);
        serveWaiting();
      }
    }
    throw new GrpcError(grpcStatus.cancelled, 'the builder left before it had everything');
  };
  const offered = offer(stream, entries);
  offered.catch(fail);
  try {
    await Promise.race([receive(), failed]);
    await offered;
    await stream.send(finishPacket());
    return transfer;
  } catch (error) {
    // The packet says it in words that the build's own error repeats; the call fails in any case.
    if (isDockError(error) && !stream.signal.aborted)
      await stream.send(errorPacket(error.message)).catch(() => undefined);
    throw error;
  } finally {
    isOver = true;
  }
}

async function offer(stream: SessionStream, entries: readonly ContextEntry[]): Promise<void> {
  const firstNames = new Map<string, string>();
  for (const entry of entries) await stream.send(statPacket(statOf(entry, firstNames)));
  await stream.send(statPacket(undefined));
}

function statOf(entry: ContextEntry, firstNames: Map<string, string>): FsutilStat {
  const common = { path: entry.path, mode: goFileMode(entry.kind, entry.mode), mtimeNs: entry.mtimeNs };
  if (entry.kind === 'directory') return { ...common, size: 0 };
  if (entry.target !== undefined) return { ...common, size: Buffer.byteLength(entry.target), target: entry.target };
  const first = entry.inode === undefined ? undefined : firstNames.get(entry.inode);
  // With the size, as the receiver computes it for what it has: else it links again, onto the same file, and leaves a stray name.
  if (first !== undefined) return { ...common, size: entry.size, target: first };
  if (entry.inode !== undefined) firstNames.set(entry.inode, entry.path);
  return { ...common, size: entry.size };
}

async function sendFile(
  stream: SessionStream,
  root: string,
  entry: ContextEntry | undefined,
  id: number,
  transfer: TreeTransfer,
): Promise<void> {
  if (entry?.kind !== 'file')
    throw new GrpcError(
      grpcStatus.invalidArgument,
      `the builder asked for the content of number ${id}, which is no file`,
    );
  transfer.requested += 1;
  if (entry.content !== undefined) await sendContent(stream, id, entry.content, transfer);
  else await sendFromDisk(stream, root, entry, id, transfer);
  await stream.send(dataHead(id, 0));
}

async function sendContent(
  stream: SessionStream,
  id: number,
  content: Uint8Array,
  transfer: TreeTransfer,
): Promise<void> {
  for (let at = 0; at < content.length; at += dataSize) {
    const piece = content.subarray(at, at + dataSize);
    transfer.bytes += piece.length;
    await stream.send(dataHead(id, piece.length), piece);
  }
}

/** As many bytes as the stat promised: a file that grew meanwhile is sent as it was offered, one that shrank is an error. */
async function sendFromDisk(
  stream: SessionStream,
  root: string,
  entry: ContextEntry,
  id: number,
  transfer: TreeTransfer,
): Promise<void> {
  const file = openFile(root, entry.path);
  // While one piece leaves the next is read; their buffers are used again.
  const buffers = (entry.size > dataSize ? [0, 1] : [0]).map(() => Buffer.allocUnsafe(Math.min(dataSize, entry.size)));
  let leaving: Promise<void> = Promise.resolve();
  try {
    for (let at = 0, turn = 0; at < entry.size; turn += 1) {
      const buffer = (buffers[turn % buffers.length] ?? Buffer.alloc(0)).subarray(0, entry.size - at);
      const count = await readPiece(file, entry.path, buffer, at);
      if (count === 0) throw contextError(entry.path, `shrank from ${entry.size} to ${at} bytes while it was sent`);
      at += count;
      transfer.bytes += count;
      await leaving;
      leaving = stream.send(dataHead(id, count), buffer.subarray(0, count));
      // Its failure is met at the next turn; a file that cannot be read must not leave it unhandled.
      leaving.catch(() => undefined);
    }
    await leaving;
  } finally {
    closeSync(file.fd);
  }
}

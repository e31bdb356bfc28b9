import { isDigest } from '@dock/core';
import { readMessage, writeMessage } from '../session/service-message.js';
import {
  GrpcError,
  grpcStatus,
  type SessionCall,
  type SessionService,
  type SessionStream,
} from '../session/service.js';
import {
  InfoRequestSchema,
  InfoResponseSchema,
  ReadContentRequestSchema,
  ReadContentResponseSchema,
  type WriteContentRequest,
  WriteContentRequestSchema,
  WriteContentResponseSchema,
} from '../wire/content_pb.js';
import type { BlobDirectory, BlobWriter, OpenBlob } from './blob-directory.js';

/** A directory of blobs that a session serves. */
export interface ServedContent {
  readonly blobs: BlobDirectory;
  /** Whether the builder may put blobs into it. */
  readonly isWritable: boolean;
}

/** gRPC metadata that says which directory a call is for (moby/buildkit, `session/content`). */
const idHeader = 'buildkit-attachable-store-id';

/** Most bytes of a blob in one message. */
const pieceBytes = 256 * 1024;

/** Actions of a write. */
const actions = { status: 0, write: 1, commit: 2 } as const;

/**
 * `containerd.services.content.v1.Content`: blobs by their digest, in directories that this build named. Nothing is listed, changed or removed, and what is
 * written has to have its digest.
 */
export function contentService(stores: ReadonlyMap<string, ServedContent>): SessionService {
  const storeOf = ({ metadata }: SessionCall): ServedContent => {
    const id = metadata.get(idHeader)?.[0] ?? '';
    const store = stores.get(id);
    if (store === undefined) throw new GrpcError(grpcStatus.notFound, `unknown store ${id}`);
    return store;
  };
  return {
    name: 'containerd.services.content.v1.Content',
    methods: {
      Info: {
        kind: 'unary',
        handle: async (request, call) => {
          const { digest } = readMessage(InfoRequestSchema, request);
          const { file, size, changedAt } = await openBlob(storeOf(call), digest);
          await file.close();
          const at = timestamp(changedAt);
          return writeMessage(InfoResponseSchema, {
            info: { digest, size: BigInt(size), createdAt: at, updatedAt: at },
          });
        },
      },
      Read: { kind: 'stream', handle: async (stream) => read(storeOf(stream), stream) },
      Write: { kind: 'stream', handle: async (stream) => write(storeOf(stream), stream) },
    },
  };
}

async function read(store: ServedContent, { messages, send }: SessionStream): Promise<void> {
  const first = await messages[Symbol.asyncIterator]().next();
  if (first.done === true) throw new GrpcError(grpcStatus.invalidArgument, 'nothing was asked for');
  const { digest, offset, size: asked } = readMessage(ReadContentRequestSchema, first.value);
  const { file, size } = await openBlob(store, digest);
  try {
    const begin = Number(offset);
    if (begin < 0 || begin > size) throw new GrpcError(grpcStatus.outOfRange, `the blob ${digest} has ${size} bytes`);
    // Builders ask for more than there is, and mean the rest.
    const end = asked > 0n ? Math.min(begin + Number(asked), size) : size;
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(1, end - begin)));
    for (let at = begin; at < end; ) {
      const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, end - at), at);
      if (bytesRead === 0) throw new GrpcError(grpcStatus.dataLoss, `the blob ${digest} was cut while it was read`);
      await send(writeMessage(ReadContentResponseSchema, { offset: BigInt(at), data: piece.subarray(0, bytesRead) }));
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function write(store: ServedContent, { messages, send }: SessionStream): Promise<void> {
  if (!store.isWritable) throw new GrpcError(grpcStatus.permissionDenied, 'nothing may be written there');
  let writer: BlobWriter | undefined;
  /** Said once, and true for the whole of it. */
  const told = { total: 0n, expected: '' };
  try {
    for await (const message of messages) {
      const request = readMessage(WriteContentRequestSchema, message);
      if (request.total > 0n) told.total = request.total;
      if (request.expected !== '') told.expected = request.expected;
      await refuseKnown(store, told.expected);
      writer ??= await store.blobs.writer();
      const digest = await step(writer, request, told);
      await send(
        writeMessage(WriteContentResponseSchema, {
          action: request.action,
          startedAt: timestamp(writer.startedAt),
          updatedAt: timestamp(Date.now()),
          offset: BigInt(writer.size),
          total: told.total,
          digest,
        }),
      );
      if (request.action !== actions.commit) continue;
      store.blobs.last = digest;
      return;
    }
  } finally {
    await writer?.close();
  }
}

/** Do what one message of a write says. @returns the digest, once it is known */
async function step(
  writer: BlobWriter,
  { action, offset, data }: WriteContentRequest,
  { total, expected }: { readonly total: bigint; readonly expected: string },
): Promise<string> {
  if (action === actions.status) return '';
  if (offset > 0n && offset !== BigInt(writer.size))
    throw new GrpcError(grpcStatus.outOfRange, `the next byte is ${writer.size}, not ${offset}`);
  if (data.length > 0) {
    if (offset === 0n && writer.size > 0) await writer.reset();
    await writer.write(data);
  }
  if (action !== actions.commit) return '';
  if (total > 0n && BigInt(writer.size) !== total)
    throw new GrpcError(grpcStatus.failedPrecondition, `${writer.size} bytes came, and ${total} were told`);
  const digest = await writer.commit(expected);
  if (digest === undefined) throw new GrpcError(grpcStatus.failedPrecondition, `what came is not ${expected}`);
  return digest;
}

/** A blob that is there needs no writing, and the builder is told so. */
async function refuseKnown({ blobs }: ServedContent, digest: string): Promise<void> {
  if (digest === '') return;
  if (!isDigest(digest)) throw new GrpcError(grpcStatus.invalidArgument, `"${digest}" is no digest`);
  const known = await blobs.open(digest);
  if (known === undefined) return;
  await known.file.close();
  blobs.last = digest;
  throw new GrpcError(grpcStatus.alreadyExists, `the blob ${digest} is there`);
}

async function openBlob({ blobs }: ServedContent, digest: string): Promise<OpenBlob> {
  if (!isDigest(digest)) throw new GrpcError(grpcStatus.invalidArgument, `"${digest}" is no digest`);
  const blob = await blobs.open(digest);
  if (blob === undefined) throw new GrpcError(grpcStatus.notFound, `content ${digest}: not found`);
  return blob;
}

function timestamp(milliseconds: number) {
  const whole = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(whole), nanos: Math.floor((milliseconds - whole * 1000) * 1e6) };
}

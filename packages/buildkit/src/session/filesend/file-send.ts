import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { DockError, isDockError, thrownMessage } from '@dock/core';
import { BytesMessageSchema } from '../../wire/control_pb.js';
import { headerValues } from '../filesync/header-values.js';
import { GrpcError, grpcStatus, type SessionService, type SessionStream } from '../service.js';
import { outputError } from './output-error.js';
import { OutputTree } from './output-tree.js';
import { type ReceivedTree, receiveTree } from './receive-tree.js';
import type { WrittenEntries } from './written-entries.js';

/** Where one of a build's exporters may send what it makes. */
export type SendTarget =
  | {
      readonly kind: 'directory';
      /** Absolute. */
      readonly path: string;
      /** Called for each tree: a build for several platforms sends one for each. */
      readonly onTree?: (tree: ReceivedTree) => void;
      /** Gets what is written there, whole or not. */
      readonly written?: WrittenEntries;
    }
  | {
      readonly kind: 'bytes';
      /** For errors: the path of the file, or `-`. */
      readonly name: string;
      /** Called once, when the bytes come; the stream is ended after the last one and destroyed when the builder breaks off. @param metadata What the exporter says of them, by lower-case key */
      readonly open: (metadata: Readonly<Record<string, string>>) => Writable | Promise<Writable>;
      /** Called before the stream gets the first byte. */
      readonly onBytes?: () => void;
      /** Called when the stream has taken everything, which the builder has ended in good order. */
      readonly onWhole?: (bytes: number) => void;
    };

/** Header by which newer builders say which exporter sends: its place in the request. */
const exporterId = 'buildkit-attachable-exporter-id';
const metadataPrefix = 'exporter-md-';

/** {@link fileSendService} for one session. */
export interface FileSendService extends SessionService {
  /** Settles when nothing is written any more; a session that is closed takes nothing new. */
  readonly ended: () => Promise<void>;
}

/**
 * `moby.filesync.v1.FileSend`: where the exporters of a build send files. It writes to the given targets and nowhere else.
 *
 * @param targets By the exporter's place in the request.
 * @param onFault Hears our own faults: the builder would only repeat them in its words.
 */
export function fileSendService(
  targets: ReadonlyMap<number, SendTarget>,
  onFault: (error: DockError) => void,
): FileSendService {
  const taken = new Set<number>();
  const running = new Set<Promise<void>>();
  const take = async (stream: SessionStream): Promise<void> => {
    const id = idOf(stream);
    const target = targets.get(id);
    if (target === undefined) throw new GrpcError(grpcStatus.notFound, `nothing is expected from exporter ${id}`);
    if (target.kind === 'bytes' && taken.has(id))
      throw new GrpcError(grpcStatus.alreadyExists, `exporter ${id} has sent its output before`);
    taken.add(id);
    try {
      await (target.kind === 'directory' ? takeTree(stream, target) : takeBytes(stream, target));
    } catch (error) {
      if (stream.signal.aborted || !isDockError(error)) throw error;
      onFault(error);
      throw new GrpcError(grpcStatus.unknown, error.message);
    }
  };
  const handle = async (stream: SessionStream): Promise<void> => {
    const taking = take(stream);
    running.add(taking);
    await taking.finally(() => running.delete(taking));
  };
  return {
    name: 'moby.filesync.v1.FileSend',
    methods: { DiffCopy: { kind: 'stream', handle } },
    ended: async () => void (await Promise.allSettled(running)),
  };
}

/** Builders of one exporter only say no number. */
function idOf({ metadata }: SessionStream): number {
  const [text] = metadata.get(exporterId) ?? [];
  return text === undefined ? 0 : Number(text);
}

async function takeTree(
  stream: SessionStream,
  { path, onTree, written }: SendTarget & { kind: 'directory' },
): Promise<void> {
  const tree = new OutputTree(path, written);
  try {
    const received = await receiveTree(stream, tree);
    onTree?.(received);
  } finally {
    tree.close();
  }
}

async function takeBytes(stream: SessionStream, target: SendTarget & { kind: 'bytes' }): Promise<void> {
  let bytes = 0;
  let isOurs = true;
  const pieces = async function* (): AsyncGenerator<Uint8Array, void, void> {
    try {
      for await (const message of stream.messages) {
        const { data } = piece(message);
        if (data.length === 0) continue;
        if (bytes === 0) target.onBytes?.();
        bytes += data.length;
        yield data;
      }
    } catch (error) {
      isOurs = false;
      throw error;
    }
  };
  try {
    await pipeline(pieces, await target.open(metadataOf(stream)), { signal: stream.signal });
  } catch (error) {
    throw isOurs && !isDockError(error) ? outputError(target.name, error) : error;
  }
  target.onWhole?.(bytes);
}

function piece(message: Uint8Array): { readonly data: Uint8Array } {
  try {
    return fromBinary(BytesMessageSchema, message);
  } catch (error) {
    throw new DockError('DAEMON_PROTOCOL', `The builder's output cannot be read: ${thrownMessage(error)}.`);
  }
}

function metadataOf({ metadata }: SessionStream): Record<string, string> {
  const entries = [...metadata.keys()]
    .filter((name) => name.startsWith(metadataPrefix))
    .map((name) => [name.slice(metadataPrefix.length), headerValues(metadata, name).join(',')]);
  return Object.fromEntries(entries) as Record<string, string>;
}

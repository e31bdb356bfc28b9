import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { thrownMessage } from '@dock/core';
import { GrpcError, grpcStatus, type SessionStream } from '../service.js';
import { type Packet, PacketSchema, type Stat } from '../../wire/fsutil_pb.js';
import { errorPacket, finishPacket, packetType } from '../filesync/fsutil-packet.js';
import { goBits } from '../filesync/go-file-mode.js';
import { badTree } from './output-error.js';
import type { OutputFile, OutputTree } from './output-tree.js';
import { nameText, SentPaths } from './sent-paths.js';

/** Files that come at once. */
const parallelFiles = 16;

/** What came of a tree. */
export interface ReceivedTree {
  readonly files: number;
  /** Bytes of the files' content. */
  readonly bytes: number;
  /** Devices, pipes and sockets, which are not made here. */
  readonly leftOut: readonly string[];
  /** Programs that would run as their owner; they were written without that bit. */
  readonly unprivileged: number;
}

interface WantedFile {
  readonly id: number;
  readonly path: string;
  readonly parts: readonly string[];
  readonly stat: Stat;
}

/** A file whose content is on its way. */
interface ComingFile extends WantedFile {
  readonly file: OutputFile;
  had: bigint;
}

/**
 * Take one tree by the receiving side of fsutil's DiffCopy: the builder says `STAT` of each path, we ask for each file by its number, get it as `DATA`, and say
 * `FIN`, which is answered. What the builder says is held to what it sends.
 *
 * @throws DAEMON_PROTOCOL, OUTPUT_FAILED, DISK_FULL, GrpcError
 */
export async function receiveTree(stream: SessionStream, tree: OutputTree): Promise<ReceivedTree> {
  const receiver = new TreeReceiver(stream, tree);
  try {
    return await receiver.run();
  } catch (error) {
    receiver.drop();
    if (!stream.signal.aborted) await stream.send(errorPacket(thrownMessage(error))).catch(() => undefined);
    throw error;
  }
}

class TreeReceiver {
  readonly #stream: SessionStream;
  readonly #tree: OutputTree;
  readonly #paths = new SentPaths();
  readonly #waiting: WantedFile[] = [];
  readonly #coming = new Map<number, ComingFile>();
  readonly #links: { readonly parts: readonly string[]; readonly target: string }[] = [];
  readonly #leftOut: string[] = [];
  #next = 0;
  #asked = 0;
  #areAllTold = false;
  #files = 0;
  #bytes = 0n;
  #unprivileged = 0;

  constructor(stream: SessionStream, tree: OutputTree) {
    this.#stream = stream;
    this.#tree = tree;
  }

  async run(): Promise<ReceivedTree> {
    let isComplete = false;
    // Not "for await": leaving it would end the stream, which still has something to say.
    const messages = this.#stream.messages[Symbol.asyncIterator]();
    for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
      const packet = readPacket(next.value);
      if (packet.type === packetType.error)
        throw new GrpcError(grpcStatus.unknown, `the builder gave up: ${Buffer.from(packet.data).toString()}`);
      if (isComplete && packet.type === packetType.finish) return this.#received();
      if (packet.type === packetType.stat) this.#offer(packet.stat);
      else if (packet.type === packetType.data) await this.#take(packet);
      else throw badTree(`a packet of type ${packet.type}`, 'has no place here');
      await this.#ask();
      if (isComplete || !this.#areAllTold || this.#coming.size > 0) continue;
      for (const { parts, target } of this.#links) this.#tree.hardLink(parts, target.split('/'));
      this.#tree.finish();
      isComplete = true;
      await this.#stream.send(finishPacket());
    }
    throw new GrpcError(grpcStatus.cancelled, 'the builder left before it had sent everything');
  }

  /** Leave nothing of files that are not whole. */
  drop(): void {
    for (const { file } of this.#coming.values()) file.drop();
    this.#coming.clear();
  }

  #received(): ReceivedTree {
    return {
      files: this.#files,
      bytes: Number(this.#bytes),
      leftOut: this.#leftOut,
      unprivileged: this.#unprivileged,
    };
  }

  #offer(stat: Stat | undefined): void {
    if (this.#areAllTold) throw badTree(stat === undefined ? '' : nameText(stat.path), 'comes after the last path');
    if (stat === undefined) {
      this.#areAllTold = true;
      return;
    }
    const id = this.#next;
    this.#next += 1;
    const path = nameText(stat.path);
    const is = (bit: number): boolean => Math.floor(stat.mode / bit) % 2 === 1;
    const facts = { mode: stat.mode & 0o777, modifiedAt: Number(stat.modTime) / 1e9 };
    if (is(goBits.directory)) {
      const parts = this.#paths.add(path, 'directory');
      this.#tree.directory(parts, is(goBits.sticky) ? { ...facts, mode: facts.mode | 0o1000 } : facts);
    } else if (is(goBits.symlink)) {
      const target = nameText(stat.linkname);
      if (target === '' || target.includes('\0')) throw badTree(path, 'is a link that leads to no name');
      this.#tree.symlink(this.#paths.add(path, 'symlink'), target, facts);
    } else if (is(goBits.device) || is(goBits.namedPipe) || is(goBits.socket) || is(goBits.irregular)) {
      this.#paths.add(path, 'left-out');
      this.#leftOut.push(path);
    } else this.#offerFile({ id, path, stat, parts: this.#paths.add(path, 'file') }, is);
  }

  #offerFile(wanted: WantedFile, is: (bit: number) => boolean): void {
    const { path, parts, stat } = wanted;
    if (stat.linkname.length > 0) {
      const target = nameText(stat.linkname);
      if (target === path || this.#paths.kindOf(target) !== 'file')
        throw badTree(path, 'is one more name of something that it had not sent before');
      this.#links.push({ parts, target });
      return;
    }
    if (stat.size < 0n) throw badTree(path, `has a size of ${stat.size} bytes`);
    if (is(goBits.setUserId) || is(goBits.setGroupId)) this.#unprivileged += 1;
    this.#waiting.push(wanted);
  }

  async #ask(): Promise<void> {
    while (this.#coming.size < parallelFiles) {
      const wanted = this.#waiting[this.#asked];
      if (wanted === undefined) return;
      this.#asked += 1;
      const { id, parts, stat } = wanted;
      const facts = { mode: stat.mode & 0o777, modifiedAt: Number(stat.modTime) / 1e9 };
      this.#coming.set(id, { ...wanted, file: this.#tree.file(parts, facts), had: 0n });
      await this.#stream.send(toBinary(PacketSchema, create(PacketSchema, { type: packetType.request, id })));
    }
  }

  async #take({ id, data }: Packet): Promise<void> {
    const coming = this.#coming.get(id);
    if (coming === undefined) throw badTree(`content of number ${id}`, 'nobody asked for');
    const { path, stat, file } = coming;
    coming.had += BigInt(data.length);
    if (coming.had > stat.size || (data.length === 0 && coming.had < stat.size))
      throw badTree(
        path,
        `has not the ${stat.size} bytes that it said, but ${coming.had}${data.length > 0 ? ' or more' : ''}`,
      );
    if (data.length > 0) {
      await file.write(data);
      this.#bytes += BigInt(data.length);
      return;
    }
    file.finish();
    this.#coming.delete(id);
    this.#files += 1;
  }
}

function readPacket(message: Uint8Array): Packet {
  try {
    return fromBinary(PacketSchema, message);
  } catch (error) {
    throw badTree('a packet', `cannot be read: ${thrownMessage(error)}`);
  }
}

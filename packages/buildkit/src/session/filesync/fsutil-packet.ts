import { fieldNumber, fieldText, ProtoWriter, readFields } from '../protobuf.js';

/** Kinds of packets (tonistiigi/fsutil, `types/wire.proto`). */
export const packetType = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const;

/** What is said of one path (`types/stat.proto`). Owner is always root, as buildx sends contexts, and 0 is not written. */
export interface FsutilStat {
  readonly path: string;
  /** Go's `os.FileMode`. */
  readonly mode: number;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Target of a symlink, or the first path of a hard link. */
  readonly target?: string;
}

/** A packet of the receiver, as far as a sender cares. */
export interface ReceivedPacket {
  readonly type: number;
  readonly id: number;
  readonly text: string;
}

/** A path on offer; `undefined` says that there are no more. */
export function statPacket(stat: FsutilStat | undefined): Uint8Array {
  if (stat === undefined) return new ProtoWriter().integer(1, packetType.stat).finish();
  const message = new ProtoWriter()
    .text(1, stat.path)
    .integer(2, stat.mode)
    .integer(5, stat.size)
    .integer(6, stat.mtimeNs)
    .text(7, stat.target ?? '')
    .finish();
  return new ProtoWriter().integer(1, packetType.stat).bytes(2, message, { always: true }).finish();
}

/** What stands before a piece of a file; with an empty piece it ends the file. */
export function dataHead(id: number, length: number): Uint8Array {
  return new ProtoWriter().integer(1, packetType.data).integer(3, id).head(4, length).finish();
}

/** The sender's last word. */
export function finishPacket(): Uint8Array {
  return new ProtoWriter().integer(1, packetType.finish).finish();
}

/** The sender gives up. */
export function errorPacket(message: string): Uint8Array {
  return new ProtoWriter().integer(1, packetType.error).bytes(4, Buffer.from(message)).finish();
}

/** @throws RangeError when the message is no packet */
export function readPacket(message: Uint8Array): ReceivedPacket {
  let type = 0;
  let id = 0;
  let text = '';
  for (const field of readFields(message)) {
    if (field.number === 1) type = fieldNumber(field);
    else if (field.number === 3) id = fieldNumber(field);
    else if (field.number === 4) text = fieldText(field);
  }
  return { type, id, text };
}

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { SessionStream } from '../../src/session/service.js';
import { PacketSchema, type StatSchema } from '../../src/wire/fsutil_pb.js';
import { goBits } from '../../src/session/filesync/go-file-mode.js';

/** What a builder offers; the content answers the request for it. */
export interface SentEntry {
  readonly path: string | Uint8Array;
  readonly mode?: number;
  readonly link?: string;
  readonly content?: string | Uint8Array;
  /** @default the content's */
  readonly size?: number;
  readonly mtimeNs?: bigint;
}

export const directory = (path: string, mode = 0o755): SentEntry => ({ path, mode: goBits.directory + mode });
export const file = (path: string, content = 'x', mode = 0o644): SentEntry => ({ path, mode, content });
export const symlink = (path: string, link: string): SentEntry => ({ path, mode: goBits.symlink + 0o777, link });

const bytesOf = (text: string | Uint8Array): Uint8Array => (typeof text === 'string' ? Buffer.from(text) : text);

export type Packet = MessageInitShape<typeof PacketSchema>;

/** The sending side of a DiffCopy, as a builder plays it, that may lie. */
export class TreeSender {
  readonly metadata = new Map<string, string[]>();
  readonly controller = new AbortController();
  readonly errors: string[] = [];
  hasFinished = false;
  /** Called when content is asked for. @default it is sent */
  onRequest: (id: number) => void;
  readonly #entries: readonly SentEntry[];
  readonly #packets: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  #isOver = false;

  constructor(entries: readonly SentEntry[]) {
    this.#entries = entries;
    this.onRequest = (id) => this.content(id);
    for (const { path, mode = 0o644, link = '', content = '', size, mtimeNs = 0n } of entries) {
      const stat: MessageInitShape<typeof StatSchema> = {
        path: bytesOf(path),
        mode,
        linkname: bytesOf(link),
        size: BigInt(size ?? bytesOf(content).length),
        modTime: mtimeNs,
      };
      this.send({ stat });
    }
    this.send({});
  }

  /** The content of an entry, in pieces. */
  content(id: number): void {
    const bytes = bytesOf(this.#entries[id]?.content ?? '');
    for (let at = 0; at < bytes.length; at += 1000) this.send({ type: 2, id, data: bytes.subarray(at, at + 1000) });
    this.send({ type: 2, id });
  }

  send(packet: Packet): void {
    this.raw(toBinary(PacketSchema, create(PacketSchema, packet)));
  }

  raw(message: Uint8Array): void {
    this.#packets.push(message);
    this.#wake();
  }

  /** The call ends. */
  leave(): void {
    this.#isOver = true;
    this.#wake();
  }

  stream(): SessionStream {
    return {
      metadata: this.metadata,
      signal: this.controller.signal,
      messages: this.#messages(),
      send: async (message) => {
        const { type, id, data } = fromBinary(PacketSchema, message);
        if (type === 1) this.onRequest(id);
        if (type === 4) this.errors.push(Buffer.from(data).toString());
        if (type !== 3) return;
        this.hasFinished = true;
        this.send({ type: 3 });
      },
    };
  }

  async *#messages(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const next = this.#packets.shift();
      if (next !== undefined) yield next;
      else if (this.#isOver) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

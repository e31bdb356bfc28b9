import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Faults of one proxied exchange; `bytes` counts both bodies. */
export interface BodyFaults {
  bytes: number;
  readonly cutAfterBytes: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly cut: () => void;
}

/** Pass a body on, or swallow it when there is no target, with back-pressure and the rule's faults. */
export async function passBody(from: Readable, to: Writable | undefined, faults: BodyFaults): Promise<void> {
  for await (const chunk of from) {
    for (const piece of piecesOf(chunk as Buffer, faults.bytesPerSecond)) {
      const room = (faults.cutAfterBytes ?? Number.POSITIVE_INFINITY) - faults.bytes;
      if (piece.length > room) {
        if (room > 0) await write(to, piece.subarray(0, room));
        faults.cut();
        return;
      }
      faults.bytes += piece.length;
      await write(to, piece);
      if (faults.bytesPerSecond !== undefined)
        await new Promise((resolve) => setTimeout(resolve, (piece.length / (faults.bytesPerSecond ?? 1)) * 1000));
    }
  }
  to?.end();
}

/** Pieces of a twentieth of a second, so that a throttled body flows instead of jumping. */
function* piecesOf(chunk: Buffer, bytesPerSecond: number | undefined): Generator<Buffer> {
  const size = bytesPerSecond === undefined ? chunk.length : Math.max(1, Math.ceil(bytesPerSecond / 20));
  for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size);
}

/** Resolves when the bytes are handed to the kernel, or the connection is gone. */
async function write(to: Writable | undefined, bytes: Buffer): Promise<void> {
  if (to === undefined || to.destroyed) return;
  const waiting = new AbortController();
  await Promise.race([
    new Promise((resolve) => to.write(bytes, resolve)),
    once(to, 'close', { signal: waiting.signal }).catch(() => undefined),
  ]);
  waiting.abort();
}

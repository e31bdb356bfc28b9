import { once } from 'node:events';
import type { Socket } from 'node:net';

/** Faults that a pump looks up before each piece, so that they can be switched while bytes flow. */
export interface PumpState {
  splitEveryByte: boolean;
  delayMs: number;
  /** Closed while the proxy stalls. */
  gate: Promise<void> | undefined;
  dropToClient: number | undefined;
  dropToTarget: number | undefined;
}

/** Pass bytes on until the source ends, with back-pressure. An end is passed on as an end, so half-closed connections work. */
export async function pumpBytes(
  from: Socket,
  to: Socket,
  state: PumpState,
  dropKey: 'dropToClient' | 'dropToTarget',
  count: (bytes: number) => number,
  cut: () => void,
): Promise<void> {
  try {
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      for (const piece of piecesOf(chunk as Buffer, state)) {
        while (state.gate !== undefined) await state.gate;
        if (state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state.delayMs));
        if (to.destroyed) return;
        const limit = state[dropKey] ?? Number.POSITIVE_INFINITY;
        const room = limit - count(0);
        const kept = piece.length < room ? piece : piece.subarray(0, Math.max(room, 0));
        count(kept.length);
        if (kept.length > 0) await writeTo(to, kept);
        // The event loop turns, so that single bytes reach the other side as single reads.
        if (state.splitEveryByte) await new Promise((resolve) => setImmediate(resolve));
        if (count(0) >= limit) {
          cut();
          return;
        }
      }
    }
    while (state.gate !== undefined) await state.gate;
    to.end();
  } catch {
    cut();
  }
}

function* piecesOf(chunk: Buffer, state: PumpState): Generator<Buffer> {
  let at = 0;
  while (at < chunk.length) {
    const end = state.splitEveryByte ? at + 1 : chunk.length;
    yield chunk.subarray(at, end);
    at = end;
  }
}

/** Resolves when the bytes are handed to the kernel, or the socket is gone. */
async function writeTo(to: Socket, bytes: Buffer): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([
    new Promise((resolve) => to.write(bytes, resolve)),
    once(to, 'close', { signal: waiting.signal }).catch(() => undefined),
  ]);
  waiting.abort();
}

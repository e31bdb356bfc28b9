import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { BodyPart } from './fake-response.js';

/** Where a body is played to. */
export interface BodyTarget {
  readonly stream: Writable;
  /** Destroys the socket below. */
  cut(): void;
  /** Settles when the connection is closed. */
  readonly closed: Promise<unknown>;
}

/** What became of a played body. */
export type BodyOutcome = 'ended' | 'cut' | 'closed';

/**
 * Write the parts one by one. After each write the event loop turns, so that pieces reach the client as separate reads.
 * Memory stays bounded: a slow client is waited for.
 */
export async function playBody(
  target: BodyTarget,
  body: BodyPart | readonly BodyPart[] | undefined,
  cutAfterBytes = Number.POSITIVE_INFINITY,
): Promise<BodyOutcome> {
  let left = cutAfterBytes;
  for (const given of listOf(body)) {
    if (target.stream.destroyed) return 'closed';
    const part = typeof given === 'function' ? given() : given;
    if (typeof part === 'string' || part instanceof Uint8Array) {
      const bytes = Buffer.from(part);
      if (bytes.length >= left) {
        await write(target, bytes.subarray(0, left));
        target.cut();
        return 'cut';
      }
      left -= bytes.length;
      await write(target, bytes);
    } else if ('delayMs' in part) {
      await Promise.race([new Promise((resolve) => setTimeout(resolve, part.delayMs).unref()), target.closed]);
    } else if ('until' in part) {
      await Promise.race([part.until, target.closed]);
    } else if ('cut' in part) {
      target.cut();
      return 'cut';
    } else {
      await target.closed;
      return 'closed';
    }
  }
  return target.stream.destroyed ? 'closed' : 'ended';
}

function listOf(body: BodyPart | readonly BodyPart[] | undefined): readonly BodyPart[] {
  if (body === undefined) return [];
  return Array.isArray(body) ? body : [body as BodyPart];
}

async function write(target: BodyTarget, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || target.stream.destroyed) return;
  if (!target.stream.write(bytes)) {
    const waiting = new AbortController();
    await Promise.race([
      once(target.stream, 'drain', { signal: waiting.signal }).catch(() => undefined),
      target.closed,
    ]);
    waiting.abort();
  }
  await new Promise((resolve) => setImmediate(resolve));
}

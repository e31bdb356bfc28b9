import { writeSync } from 'node:fs';

/** Between two tries to write to a full pipe, ms. */
const pauseMs = 5;

/**
 * Write text to a descriptor at once and whole, also where that is a pipe that takes only a part of it and does not block: what was said is out whatever ends
 * the process next. A reader that is gone is fine.
 *
 * @param waitMs How long the reader may stand still; what it has not taken then is given up. @default forever
 */
export function writeWhole(descriptor: number, text: string, waitMs: number = Number.POSITIVE_INFINITY): void {
  const bytes = Buffer.from(text);
  const idle = new Int32Array(new SharedArrayBuffer(4));
  let stillMs = 0;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
      stillMs = 0;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      if (stillMs >= waitMs) return;
      Atomics.wait(idle, 0, 0, pauseMs);
      stillMs += pauseMs;
    }
  }
}

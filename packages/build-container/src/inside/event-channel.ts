import { writeSync } from 'node:fs';

/** Writes lines to the host, at once: what was said is out whatever ends the process next, and a slow reader slows the work down instead of filling memory. */
export function createEventChannel(descriptor: number): (value: object) => void {
  const idle = new Int32Array(new SharedArrayBuffer(4));
  return (value) => {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(descriptor, bytes, at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Nobody reads any more: the end of standard input says so too, and ends the run.
        if (code === 'EPIPE') return;
        if (code !== 'EAGAIN') throw error;
        Atomics.wait(idle, 0, 0, 5);
      }
    }
  };
}

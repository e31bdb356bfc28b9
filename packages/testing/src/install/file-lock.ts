import { spawn } from 'node:child_process';
import { once } from 'node:events';

// Part of util-linux, which every Debian has.
const program = 'flock';

/**
 * Runs a function while this process holds the lock on a file. The lock is the kernel's (`flock`), held by a child that ends with its stdin: it is free
 * again the moment this process dies, however it dies.
 */
export async function withFileLock<T>(file: string, body: () => Promise<T>): Promise<T> {
  const holder = spawn(program, ['--exclusive', file, 'sh', '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  try {
    const [first] = await Promise.race([
      once(holder.stdout, 'data'),
      ended.then(() => {
        throw new Error(`flock could not lock "${file}"`);
      }),
    ]);
    if (String(first).trim() !== 'locked') throw new Error(`flock answered "${String(first)}" for "${file}"`);
    return await body();
  } finally {
    holder.stdin.end();
    await ended.catch(() => undefined);
  }
}

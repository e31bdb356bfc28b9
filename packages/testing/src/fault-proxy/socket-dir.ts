import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fresh 0700 directory for a unix socket; whoever asks for it removes it. */
export async function makeSocketDir(prefix: string, name: string): Promise<{ directory: string; socketPath: string }> {
  const directory = await mkdtemp(join(tmpdir(), prefix));
  return { directory, socketPath: join(directory, name) };
}

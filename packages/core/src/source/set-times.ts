import { lutimes, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Gives all of a checkout but its `.git` one modification time, links themselves included. @param seconds since 1970 */
export async function setTimes(directory: string, seconds: number): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name === '.git') continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await setTimes(path, seconds);
    else await lutimes(path, seconds, seconds);
  }
  await lutimes(directory, seconds, seconds);
}

import { chmod, lstat, lutimes, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The time that everything made here has: an image must not tell when it was made. Seconds since the epoch. */
export const fixedTime = 1_704_067_200;

/** Give a tree one time and plain permissions: the rights of the machine it was copied from are not the image's. */
export async function setTimes(path: string): Promise<void> {
  const stat = await lstat(path);
  if (stat.isDirectory()) {
    await Promise.all((await readdir(path)).map((name) => setTimes(join(path, name))));
    await chmod(path, 0o755);
  } else if (stat.isFile()) {
    await chmod(path, (stat.mode & 0o100) === 0 ? 0o644 : 0o755);
  }
  await lutimes(path, fixedTime, fixedTime);
}

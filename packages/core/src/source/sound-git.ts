import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { submodulesRefused } from './list-submodules.js';
import type { SourceNeeds } from './source-needs.js';
import { spawnGit } from './spawn-git.js';

/** The oldest git that some distribution still mends. */
const oldest = [2, 25] as const;

/**
 * Whether the git that is installed is safe for submodules of strangers. A number alone says little, because distributions mend old versions: a git that keeps
 * a carriage return at the end of a value (CVE-2025-48384) has its maker's mends for submodules of the years before.
 *
 * @param place A private directory.
 * @throws SUBMODULES_REFUSED for one that is not
 */
export async function checkSoundGit(
  place: string,
  { env, signal }: Pick<SourceNeeds, 'env' | 'signal'>,
): Promise<void> {
  const file = join(place, 'git-probe');
  const run = async (...args: readonly string[]) => spawnGit(args, { cwd: place, env, signal });
  await writeFile(file, '', { mode: 0o600 });
  const version = await run('version');
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version.stdout) ?? [];
  await run('config', '--file', file, 'dock.probe', 'x\r');
  const kept = await run('config', '--file', file, '-z', '--get', 'dock.probe');
  if (signal.aborted) return;
  const isOld = Number(major) < oldest[0] || (Number(major) === oldest[0] && Number(minor) < oldest[1]);
  if (!isOld && kept.stdout === 'x\r\0') return;
  throw submodulesRefused(
    `The source has submodules, and this git (${version.stdout.trim() || 'of no version'}) has known faults in how it handles them.`,
    'Update git (2.50.1, or what your distribution mended since July 2025), or build with --no-submodules.',
  );
}

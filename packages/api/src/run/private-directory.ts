import { type Stats, lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DockError, isDiskFull, thrownMessage } from '@dock/core';
import { makeDirectory } from '@dock/core/internal';

const elsewhere = 'Point dock at another place with DOCK_TMPDIR, XDG_STATE_HOME or XDG_CACHE_HOME.';

/** Permission bits of group and others. */
const foreignBits = 0o077;

/**
 * Make a directory that only this user can use (0700), or check that an existing one is: a real directory, ours, closed to others.
 *
 * @throws CONFIG_ERROR when somebody else could have planted or could read it, or it cannot be made; DISK_FULL
 */
export function ensurePrivateDirectory(path: string): string {
  try {
    makeDirectory(dirname(path));
  } catch (error) {
    throw unmakeable(path, error);
  }
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unmakeable(path, error);
  }
  return checkPrivateDirectory(path) ?? path;
}

function unmakeable(path: string, cause: unknown): DockError {
  return new DockError(
    isDiskFull(cause) ? 'DISK_FULL' : 'CONFIG_ERROR',
    `dock cannot make the directory "${path}": ${thrownMessage(cause)}.`,
    { cause, hint: elsewhere },
  );
}

/**
 * Check a directory that only this user can use; `undefined` when there is none.
 *
 * @throws CONFIG_ERROR when somebody else could have planted or could read it
 */
export function checkPrivateDirectory(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  const problem = problemOf(stats);
  if (problem === undefined) return path;
  throw new DockError('CONFIG_ERROR', `dock cannot use the directory "${path}": it ${problem}.`, {
    hint: `Remove it, or p${elsewhere.slice(1)}`,
  });
}

function problemOf(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return 'is a symbolic link';
  if (!stats.isDirectory()) return 'is not a directory';
  if (process.getuid !== undefined && stats.uid !== process.getuid())
    return `belongs to another user (uid ${stats.uid})`;
  if ((stats.mode & foreignBits) !== 0)
    return `is open to other users (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')}, not 0700)`;
  return undefined;
}

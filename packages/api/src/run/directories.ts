import { join, resolve } from 'node:path';
import { checkPrivateDirectory, ensurePrivateDirectory } from './private-directory.js';
import type { Surroundings } from './surroundings.js';

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

/** The directory of run logs and results: `$XDG_STATE_HOME/dock/runs`, else `~/.local/state/dock/runs`. */
export function stateDirectory({ env, homeDir, cwd }: Surroundings): string {
  const base = isSet(env['XDG_STATE_HOME']) ? resolve(cwd, env['XDG_STATE_HOME']) : join(homeDir, '.local', 'state');
  return join(base, 'dock', 'runs');
}

/** The directory of caches: `$XDG_CACHE_HOME/dock`, else `~/.cache/dock`. */
export function cacheDirectory({ env, homeDir, cwd }: Surroundings): string {
  const base = isSet(env['XDG_CACHE_HOME']) ? resolve(cwd, env['XDG_CACHE_HOME']) : join(homeDir, '.cache');
  return join(base, 'dock');
}

/**
 * The directory of checkouts, made if needed: `dock-<uid>` (0700) in `DOCK_TMPDIR`, else `TMPDIR`, else `/tmp`.
 *
 * @throws CONFIG_ERROR when it is a symbolic link, somebody else's, or open to others
 */
export function tempDirectory(surroundings: Surroundings): string {
  return ensurePrivateDirectory(tempPath(surroundings));
}

/**
 * The directory of checkouts where it is there; nothing is made.
 *
 * @throws CONFIG_ERROR when it is a symbolic link, somebody else's, or open to others
 */
export function existingTempDirectory(surroundings: Surroundings): string | undefined {
  return checkPrivateDirectory(tempPath(surroundings));
}

function tempPath({ env, cwd }: Surroundings): string {
  const base = [env['DOCK_TMPDIR'], env['TMPDIR'], '/tmp'].find(isSet) ?? '/tmp';
  return join(resolve(cwd, base), `dock-${process.getuid?.() ?? 'user'}`);
}

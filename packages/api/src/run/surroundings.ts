import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a call takes from the process around it, read once. */
export interface Surroundings {
  readonly env: Environment;
  /** Absolute. */
  readonly cwd: string;
  /** Absolute. */
  readonly homeDir: string;
}

/** The environment and directories of a call; what the caller gives wins over the process's own. */
export function readSurroundings(options: { readonly env?: Environment; readonly cwd?: string } = {}): Surroundings {
  const env = Object.freeze({ ...(options.env ?? process.env) });
  const home = env['HOME'];
  return {
    env,
    cwd: resolve(options.cwd ?? process.cwd()),
    homeDir: home === undefined || home === '' ? homedir() : home,
  };
}

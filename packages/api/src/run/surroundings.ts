import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { DockError } from '@dock/core';

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

/**
 * The environment and directories of a call; what the caller gives wins over the process's own.
 *
 * @throws CONFIG_ERROR when the process's directory is gone, or nothing tells where its home is
 */
export function readSurroundings(options: { readonly env?: Environment; readonly cwd?: string } = {}): Surroundings {
  const env = Object.freeze({ ...(options.env ?? process.env) });
  const home = env['HOME'];
  return {
    env,
    cwd: resolve(options.cwd ?? currentDirectory()),
    homeDir: home === undefined || home === '' ? homeOfUser() : home,
  };
}

/** The directory of this process, absolute. @throws CONFIG_ERROR when it is gone */
export function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new DockError('CONFIG_ERROR', 'The current directory does not exist any more.', {
      cause,
      hint: 'Change to a directory that exists, and run dock again.',
    });
  }
}

function homeOfUser(): string {
  try {
    return homedir();
  } catch (cause) {
    const user = `the user ${process.getuid?.() ?? ''}`.trimEnd();
    throw new DockError('CONFIG_ERROR', `HOME is not set, and ${user} has no entry in the list of users.`, {
      cause,
      hint: 'Set HOME to a directory of this user: dock keeps its logs there and looks there for the config of docker.',
    });
  }
}

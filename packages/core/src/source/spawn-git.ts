import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { constantEnvironment, hardeningArguments, killAfterSeconds, passedEnvironment } from './git-environment.js';

/** What {@link spawnGit} needs. */
export interface SpawnGitOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Config keys and values beside the hardening; a key may have any character. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  readonly input?: string;
  readonly signal: AbortSignal;
  /** Runs git as the user does, by the user's config and environment, with these variables besides. @default by our rules alone */
  readonly as?: Readonly<Record<string, string>>;
  /** Called with what git writes to standard output, as Latin-1; then nothing of it is kept. */
  readonly onOutput?: (chunk: string) => void;
}

/** How a git command ended whose output is bytes. */
export interface SpawnedOutcome {
  /** Exit status; 128 + n after signal n; undefined when git could not be started. */
  readonly status: number | undefined;
  /** The first {@link outputLimit} bytes and what came with the last of them, as Latin-1. */
  readonly stdout: string;
  readonly stderr: string;
  /** Whether git wrote more to standard output than is kept: what is not there may have been said. */
  readonly isCut: boolean;
}

const outputLimit = 1024 * 1024;

/** For how long after git's exit its output is waited for, ms; with {@link killAfterSeconds} inside the time of a cancelled tap. */
const holdersGraceMs = 500;

/**
 * Runs one git command that only reads, without network, in a process group of its own. For what simple-git cannot tell: the exit status and the signal are
 * the answer here.
 */
export function spawnGit(args: readonly string[], options: SpawnGitOptions): Promise<SpawnedOutcome> {
  const { cwd, env, config = [], input = '', signal, onOutput, as } = options;
  const unstarted: SpawnedOutcome = { status: undefined, stdout: '', stderr: '', isCut: false };
  if (signal.aborted) return Promise.resolve(unstarted);
  return new Promise((resolve) => {
    const ours = {
      ...passedEnvironment(env),
      ...constantEnvironment,
      ...configEnvironment(config),
      GIT_ALLOW_PROTOCOL: 'none',
      GIT_NO_LAZY_FETCH: '1',
    };
    const child =
      as === undefined ? startGit([...hardeningArguments, ...args], cwd, ours) : startGit(args, cwd, { ...env, ...as });
    if (child === undefined) return resolve(unstarted);
    const output = { stdout: '', stderr: '' };
    let isCut = false;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('latin1').on('data', (chunk: string) => {
        if (name === 'stdout' && onOutput !== undefined) onOutput(chunk);
        else if (output[name].length < outputLimit) output[name] += chunk;
        else if (name === 'stdout') isCut = true;
      });
    }
    child.stdin.on('error', () => undefined).end(input);
    let timer: NodeJS.Timeout | undefined;
    const settle = (status: number | undefined) => {
      if (signal.aborted) endGroup(child.pid, 'SIGKILL');
      signal.removeEventListener('abort', end);
      clearTimeout(timer);
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
      resolve({ status, ...output, isCut });
    };
    /** What git started may hold its output open for ever; git itself has written all of it, and one more turn of the loop reads that. */
    const settleSoon = (status: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => setImmediate(() => settle(status)), holdersGraceMs);
    };
    const end = () => {
      // After its exit, only the grace is left.
      if (child.exitCode !== null || child.signalCode !== null) return;
      endGroup(child.pid, 'SIGTERM');
      timer = setTimeout(() => {
        endGroup(child.pid, 'SIGKILL');
        settleSoon(statusOf(null, 'SIGKILL'));
      }, killAfterSeconds * 1000);
    };
    signal.addEventListener('abort', end, { once: true });
    child.once('error', () => settle(undefined));
    child.once('exit', (status, ended) => settleSoon(statusOf(status, ended)));
    child.once('close', (status, ended) => settle(statusOf(status, ended)));
  });
}

function statusOf(status: number | null, ended: NodeJS.Signals | null): number {
  return status ?? 128 + constants.signals[ended ?? 'SIGKILL'];
}

/** @returns undefined when the environment is more than the system takes, which is thrown instead of told by an event */
function startGit(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  try {
    return spawn('git', args, { cwd, env, detached: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'E2BIG') return undefined;
    throw error;
  }
}

/** As variables (git-config(1)), because an argument of `-c` ends its key at the first "=". */
function configEnvironment(config: NonNullable<SpawnGitOptions['config']>): Record<string, string> {
  const entries = config.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { ...Object.fromEntries(entries), GIT_CONFIG_COUNT: String(config.length) };
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}

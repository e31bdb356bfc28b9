import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Logger } from '../contracts/run-context.js';
import { passedEnvironment } from './git-environment.js';
import { endMark, gitLauncher, type GitLauncherOptions } from './git-launcher.js';
import type { GitOutcome } from './git-outcome.js';

/** What {@link openGit} needs. */
export interface OpenGitOptions extends GitLauncherOptions {
  /** Where git works; its parent is private to this run and gets the launcher. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Ends the running command and refuses later ones. */
  readonly signal: AbortSignal;
}

/** Git in one directory. */
export interface Git {
  /** Runs one command; a failure is an outcome. A command that the signal ended has no status. */
  readonly run: (args: readonly string[]) => Promise<GitOutcome>;
}

/** Git by simple-git and our launcher: simple-git checks arguments and reads progress, the launcher tells how git ended and ends it with its helpers. */
export async function openGit(options: OpenGitOptions): Promise<Git> {
  const { directory, env, logger, signal } = options;
  const launcher = join(dirname(directory), 'git-launcher');
  const [{ simpleGit }] = await Promise.all([
    import('simple-git'),
    writeFile(launcher, gitLauncher(options), { mode: 0o600 }),
  ]);
  let end: Omit<GitOutcome, 'stdout'> = { status: undefined, stderr: '' };
  const git = simpleGit({
    baseDir: directory,
    // A relative path, so that no directory of the machine has to pass simple-git's rules for binaries.
    binary: ['/bin/sh', `../${basename(launcher)}`],
    allowEnvironment: ['GIT_SSL_CAINFO'],
    maxConcurrentProcesses: 1,
    completion: { onClose: true, onExit: false },
    abort: signal,
    progress: progressLog(logger),
    errors: (error, { stdErr }) => {
      end = readEnd(Buffer.concat(stdErr).toString());
      return end.status === 0 ? error : (error ?? new Error('git failed'));
    },
  }).env(passedEnvironment(env));
  return {
    run: async (args) => {
      end = { status: undefined, stderr: '' };
      try {
        return { stdout: await git.raw([...args]), ...end };
      } catch (error) {
        // Here simple-git itself refused or could not start the launcher.
        const isSilent = end.status === undefined && end.stderr === '' && !signal.aborted;
        return { stdout: '', status: end.status, stderr: isSilent ? String(error) : end.stderr };
      }
    },
  };
}

function readEnd(text: string): Omit<GitOutcome, 'stdout'> {
  const at = text.lastIndexOf(`\n${endMark} `);
  if (at < 0) return { status: undefined, stderr: text };
  return { status: Number.parseInt(text.slice(at + endMark.length + 2), 10), stderr: text.slice(0, at) };
}

/** At most one line a second and stage. */
function progressLog(
  logger: Logger,
): (event: { stage: string; progress: number; processed: number; total: number }) => void {
  let stage = '';
  let time = 0;
  return (event) => {
    if (event.stage === stage && Date.now() - time < 1000) return;
    ({ stage } = event);
    time = Date.now();
    logger.info(
      `git: ${event.stage.replace(/^remote: /, '')} ${event.progress} % (${event.processed} of ${event.total})`,
    );
  };
}

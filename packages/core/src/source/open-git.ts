import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from '../contracts/run-context.js';
import { passedEnvironment } from './git-environment.js';
import { checkoutSteps, endMark, gitLauncher, type GitLauncherOptions, stepMark } from './git-launcher.js';
import type { GitOutcome } from './git-outcome.js';

/** What {@link openGit} needs. */
export interface OpenGitOptions extends GitLauncherOptions {
  /** Where git works; its parent is private to this run and gets the launcher. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Ends the running command and refuses later ones. */
  readonly signal: AbortSignal;
  /** Called once git was started for the first time. */
  readonly onStart?: (() => void) | undefined;
  /** Format of the repository that {@link Git.checkOut} makes. @default git's own */
  readonly objectFormat?: 'sha256';
}

/** Git in one directory. */
export interface Git {
  /** Runs one command; a failure is an outcome. A command that the signal ended has no status. */
  readonly run: (args: readonly string[]) => Promise<GitOutcome>;
  /** Runs a fetch between the steps that make a checkout of it, all under one launcher: a start of a process from here costs more than git's own work. */
  readonly checkOut: (fetch: readonly string[]) => Promise<GitOutcome>;
}

/** Git by simple-git and our launcher: simple-git checks arguments and reads progress, the launcher tells how git ended and ends it with its helpers. */
export function openGit(options: OpenGitOptions): Git {
  const once = (open: () => Promise<Git['run']>): Git['run'] => {
    let run: Promise<Git['run']> | undefined;
    return async (args) => (await (run ??= open()))(args);
  };
  return {
    run: once(async () => launched(options, { 'git-launcher': gitLauncher(options) })),
    checkOut: once(async () =>
      launched(options, {
        'checkout-launcher': gitLauncher(options, '/bin/sh ../checkout-steps'),
        'checkout-steps': checkoutSteps(options, options.objectFormat),
      }),
    ),
  };
}

/** @param scripts The launcher, and what it calls, by file name. */
async function launched(
  { directory, env, logger, signal, onStart }: OpenGitOptions,
  scripts: Readonly<Record<string, string>>,
): Promise<Git['run']> {
  const write = async ([name, text]: [string, string]) =>
    writeFile(join(dirname(directory), name), text, { mode: 0o600 });
  const [{ simpleGit }] = await Promise.all([import('simple-git'), ...Object.entries(scripts).map(write)]);
  let end: Omit<GitOutcome, 'stdout'> = { status: undefined, stderr: '' };
  const flood = new AbortController();
  const git = simpleGit({
    baseDir: directory,
    // A relative path, so that no directory of the machine has to pass simple-git's rules for binaries.
    binary: ['/bin/sh', `../${Object.keys(scripts)[0] ?? ''}`],
    allowEnvironment: ['GIT_SSL_CAINFO'],
    maxConcurrentProcesses: 1,
    completion: { onClose: true, onExit: false },
    abort: AbortSignal.any([signal, flood.signal]),
    progress: progressLog(logger),
    errors: (error, { stdErr }) => {
      end = flood.signal.aborted ? flooded : readEnd(Buffer.concat(stdErr).toString());
      return end.status === 0 ? error : (error ?? new Error('git failed'));
    },
  })
    .env(passedEnvironment(env))
    .outputHandler((_command, _stdout, stderr) => endFlood(stderr, flood));
  return async (args) => {
    end = { status: undefined, stderr: '' };
    try {
      const stdout = git.raw([...args]);
      // simple-git starts a process before it comes back to the loop.
      if (onStart !== undefined) setImmediate(onStart);
      return { stdout: await stdout, ...end };
    } catch (error) {
      // Here simple-git itself refused or could not start the launcher.
      const isSilent = end.status === undefined && end.stderr === '' && !signal.aborted && !flood.signal.aborted;
      return { stdout: '', ...end, stderr: isSilent ? String(error) : end.stderr };
    }
  };
}

/** Bytes of messages that one git may write; a line for each of some hundred thousand refs is less. simple-git keeps them all. */
const messageLimit = 32 * 1024 * 1024;

const flooded: Omit<GitOutcome, 'stdout'> = {
  status: undefined,
  stderr: '',
  ended: `it wrote more than ${messageLimit / 1024 / 1024} MiB of messages, mostly what the server sends, and was ended`,
};

/** Ends a git that floods its standard error, and reads the rest of it without keeping it. */
function endFlood(stderr: NodeJS.ReadableStream, flood: AbortController): void {
  let bytes = 0;
  stderr.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= messageLimit) return;
    stderr.removeAllListeners('data').resume();
    flood.abort();
  });
}

function readEnd(text: string): Omit<GitOutcome, 'stdout'> {
  const [output, end] = splitAtMark(text, endMark);
  const [, last] = splitAtMark(output, stepMark);
  const status = end === undefined ? undefined : Number.parseInt(end, 10);
  if (last === undefined) return { status, stderr: output };
  const [step = '', ...lines] = last.split('\n');
  return { status, stderr: lines.join('\n'), step };
}

/** A text up to the last line that begins with the mark, and what follows the mark. */
function splitAtMark(text: string, mark: string): [before: string, after?: string] {
  const at = text.lastIndexOf(`\n${mark} `);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length + 2)];
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

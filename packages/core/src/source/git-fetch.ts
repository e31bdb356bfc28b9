import { setTimeout as sleep } from 'node:timers/promises';
import type { DockError } from '../errors/dock-error.js';
import type { GitAccess } from './git-access.js';
import { gitFailure, isTransient, type GitOutcome, type GitStep } from './git-outcome.js';
import { doing as words } from './git-launcher.js';
import type { Git } from './open-git.js';
import type { GitSource } from './parse-git-source.js';
import type { SourceDeadline } from './source-deadline.js';

/** How much is fetched, and what is done with it. */
export interface HowToFetch {
  /** Commits of history; `undefined`: all. */
  readonly depth: number | undefined;
  /** Whether tags of that history are fetched, too. */
  readonly withTags: boolean;
  /** Called with what was fetched, before any file of it is written. */
  readonly examine: ((commit: string) => Promise<void>) | undefined;
  /** What the server is shown. */
  readonly access: GitAccess | undefined;
}

/** What the steps of a fetch share. */
export interface GitFetch {
  readonly source: GitSource;
  readonly directory: string;
  readonly how: HowToFetch;
  /** The outcome of one command, whatever it is. @throws GIT_TIMEOUT, CANCELLED */
  try(args: readonly string[], doing: string): Promise<GitOutcome>;
  /** The outcome of a command over the network, tried three times when the network fails. @throws GIT_TIMEOUT, CANCELLED */
  tryNetwork(args: readonly string[], doing: string): Promise<GitOutcome & { attempts: number }>;
  /** The outcome of a fetch and of the steps that make a checkout of it, tried three times when the network fails. @throws GIT_TIMEOUT, CANCELLED */
  tryCheckout(fetch: readonly string[]): Promise<GitOutcome & { attempts: number }>;
  /** What a command wrote. @throws the error of a command that fails */
  run(args: readonly string[], doing: string): Promise<string>;
  /** @param doing What git was doing, where the outcome names no step. */
  fail(outcome: GitOutcome & { attempts?: number }, doing: string): DockError;
}

const attemptLimit = 3;

/** The steps of one fetch, by a git that runs single commands. */
export function gitFetch(
  source: GitSource,
  directory: string,
  git: Git,
  deadline: SourceDeadline,
  how: HowToFetch,
): GitFetch {
  const step = (doing: string): GitStep => ({
    doing,
    subject: source.displayUrl,
    directory,
    ...(how.access === undefined ? {} : { credentials: how.access.from }),
    ...(source.ref === undefined ? {} : { ref: source.ref }),
  });
  const once = async (args: readonly string[], doing: string, run = git.run): Promise<GitOutcome> => {
    deadline.check(`${doing} "${source.displayUrl}"`);
    const outcome = await run(args);
    deadline.check(`${doing} "${source.displayUrl}"`);
    return outcome;
  };
  const overNetwork = async (call: () => Promise<GitOutcome>) => {
    for (let attempts = 1; ; attempts += 1) {
      const outcome = { ...(await call()), attempts };
      if (outcome.status === 0 || attempts === attemptLimit || !isTransient(outcome)) return outcome;
      // An abort during the pause is reported by the next check.
      await sleep(250 * 2 ** attempts, undefined, { signal: deadline.signal }).catch(() => undefined);
    }
  };
  const fail = (outcome: GitOutcome & { attempts?: number }, doing: string) =>
    gitFailure(outcome, step(outcome.step ?? doing), outcome.attempts);
  return {
    source,
    directory,
    how,
    fail,
    try: once,
    tryNetwork: async (args, doing) => overNetwork(async () => once(args, doing)),
    tryCheckout: async (args) => overNetwork(async () => once(args, words.fetch, git.checkOut)),
    run: async (args, doing) => {
      const outcome = await once(args, doing);
      if (outcome.status !== 0) throw fail(outcome, doing);
      return outcome.stdout.trimEnd();
    },
  };
}

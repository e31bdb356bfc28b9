import { DockError } from '../errors/dock-error.js';

/** How one git command ended. */
export interface GitOutcome {
  /** Exit status; 128 + n after signal n; undefined when nothing says how it ended. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Of a checkout: what git did last, after "git could not"; what it wrote is of this step alone. */
  readonly step?: string;
  /** Why we ended git ourselves, in words after "git could not …:". */
  readonly ended?: string;
}

/** What git was doing, for messages. */
export interface GitStep {
  /** After "git could not". */
  readonly doing: string;
  /** The URL for people. */
  readonly subject: string;
  /** Where the checkout is made. */
  readonly directory: string;
  readonly ref?: string;
  /** What was shown to the server, after "the credentials": `of the URL`. */
  readonly credentials?: string;
}

const transient =
  /could not resolve host|connection (?:timed out|reset|refused)|couldn't connect|failed to connect|early eof|unexpected disconnect|hung up unexpectedly|rpc failed|operation too slow|returned error: (?:429|5\d\d)|tls connection was non-properly terminated|ssl_error_syscall|empty reply from server/i;

/** Whether the same command may work a moment later. */
export function isTransient({ status, stderr }: GitOutcome): boolean {
  return status !== undefined && status < 129 && !isAuthFailure(stderr) && transient.test(stderr);
}

/** Whether the server has no such commit to give, or does not give commits that no ref points to. */
export function isCommitRefused({ stderr }: GitOutcome): boolean {
  return /not our ref|unadvertised object|does not allow request/i.test(stderr);
}

/** Whether the repository is of the other object format (sha256). */
export function isOtherObjectFormat({ stderr }: GitOutcome): boolean {
  return /mismatched (?:object format|algorithms)|object format/i.test(stderr);
}

/** Whether the server only hands out files ("dumb http"), so that it cannot give a part of a history. */
export function isPlainFileServer({ stderr }: GitOutcome): boolean {
  return /dumb http transport does not support/i.test(stderr);
}

function isAuthFailure(stderr: string): boolean {
  return /authentication failed|could not read (?:username|password)|returned error: 40[13]|permission denied \(|terminal prompts disabled/i.test(
    stderr,
  );
}

/** The error for a git command that did not succeed. */
export function gitFailure(outcome: GitOutcome, step: GitStep, attempts = 1): DockError {
  const { status, stderr } = outcome;
  const { doing, subject, directory, ref } = step;
  const reason = lastWords(stderr);
  const start = `git could not ${doing} "${subject}"`;
  const details = { ...(status === undefined ? {} : { status }), attempts };
  if (status === 127) {
    return new DockError(
      'COMMAND_NOT_FOUND',
      `The program "git" is not on the PATH, so "${subject}" cannot be fetched.`,
    );
  }
  if (/cannot run ssh: no such file/i.test(stderr)) {
    return new DockError(
      'COMMAND_NOT_FOUND',
      `The program "ssh" is not on the PATH, so "${subject}" cannot be fetched.`,
    );
  }
  if (outcome.ended !== undefined) {
    return new DockError('GIT_CLONE_FAILED', `${start}: ${outcome.ended}.`, {
      details,
      retryable: false,
      hint: 'Ask whoever runs the git server what it sends.',
    });
  }
  if (status === undefined || status > 129) {
    const how =
      status === undefined
        ? 'it was killed and left no exit status'
        : `it was killed by signal ${signalName(status - 128)}`;
    return new DockError('GIT_CLONE_FAILED', `${start}: ${how}.`, {
      details,
      hint: 'Somebody ended git, or the machine is out of memory; run again.',
    });
  }
  if (isAuthFailure(stderr)) return authFailure(start, outcome, step, details);
  if (ref !== undefined && /couldn't find remote ref|not our ref|unadvertised object/i.test(stderr)) {
    return new DockError('GIT_REF_NOT_FOUND', `The repository "${subject}" has no ref "${ref}".`, { details });
  }
  if (/couldn't find remote ref HEAD/i.test(stderr)) {
    return new DockError('GIT_REF_NOT_FOUND', `The repository "${subject}" has no commit on its default branch.`, {
      details,
    });
  }
  if (/repository .*not found|does not appear to be a git repository|returned error: 404/i.test(stderr)) {
    return new DockError('GIT_CLONE_FAILED', `${start}: ${reason}.`, {
      details,
      retryable: false,
      hint: 'Check the URL, and whether the credentials may see the repository.',
    });
  }
  if (/no space left on device|disk quota exceeded/i.test(stderr)) {
    return new DockError('DISK_FULL', `${start}: the disk of "${directory}" is full (${reason}).`, {
      details: { ...details, side: 'local', directory },
      hint: 'Free space there, or point DOCK_TMPDIR at a larger disk.',
    });
  }
  const tries = attempts > 1 ? ` after ${attempts} attempts` : '';
  return new DockError(
    'GIT_CLONE_FAILED',
    `${start}${tries}: ${reason === '' ? `it ended with status ${status} and said nothing` : reason}.`,
    {
      details,
      ...(/host key verification failed/i.test(stderr) ? { hint: "Add the server's host key to known_hosts." } : {}),
    },
  );
}

/** For a server that does not let us in: what it was shown, and how to show it something else. */
function authFailure(
  start: string,
  { stderr }: GitOutcome,
  step: GitStep,
  details: Record<string, unknown>,
): DockError {
  const said = lastWords(
    stderr.replaceAll(/^.*(?:could not read (?:username|password)|terminal prompts disabled).*$/gim, ''),
  );
  const why = said === '' ? '' : `: ${said}`;
  if (!/^https?:/i.test(step.subject)) {
    return new DockError('AUTH_FAILED', `${start}: the server wants a key that it knows${why}.`, {
      details,
      hint: 'Add the key to the ssh agent with "ssh-add", or name its file: --ssh default=FILE.',
    });
  }
  const shown =
    step.credentials === undefined
      ? 'the server wants credentials, and none were given'
      : `the credentials ${step.credentials} were refused`;
  return new DockError('AUTH_FAILED', `${start}: ${shown}${why}.`, {
    details,
    hint:
      step.credentials === undefined
        ? "Give a token with --secret id=GIT_AUTH_TOKEN,env=NAME, ask git's own store with --git-credentials helper (or netrc), or write USER:TOKEN@ before the host."
        : 'Check the user name and the token, and whether the token may read this repository.',
  });
}

/** What git and the programs below it say in every failure, beside what is wrong. */
const noise = [
  /^(?:hint|remote: (?:counting|compressing|enumerating|total))|\d+% \(/i,
  /^please make sure you have the correct access rights|^and the repository exists\.?$/i,
  /^fatal: (?:could not read from remote repository\.?|the remote end hung up unexpectedly)$/i,
  /^from \S+$|^\s*\*|^@+$|^warning: permanently added/i,
  /^skipping unknown msg id|^warning: skipping unknown msg id/i,
];

/** Lines of a failure that are told: the first say why it began, the last how it ended. */
const told = { first: 3, last: 2 };

/** The lines that say what is wrong, on one line. */
function lastWords(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => !noise.some((pattern) => pattern.test(line)));
  const all = (telling.length === 0 ? lines : telling).map((line) =>
    line
      .replace(/^fatal: /, '')
      .slice(0, 300)
      .replace(/[.;]+$/, ''),
  );
  const isShort = all.length <= told.first + told.last;
  const kept = isShort ? all : [...all.slice(0, told.first), '…', ...all.slice(-told.last)];
  return kept.join('; ').slice(0, 1000);
}

const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  7: 'SIGBUS',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
};

function signalName(number: number): string {
  return signals[number] ?? String(number);
}

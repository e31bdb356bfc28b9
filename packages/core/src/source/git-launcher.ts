import { constantEnvironment, hardeningArguments, killAfterSeconds } from './git-environment.js';
import type { AccessFiles } from './git-credentials.js';
import type { SshAccess } from './ssh-access.js';
import { stagePatterns } from './stage-entries.js';

/** What a launcher is made for; every value is a constant of ours or checked. */
export interface GitLauncherOptions {
  /** Protocols that git, its redirects and its submodules may use. */
  readonly protocols: readonly string[];
  /** What git may show to the server; the paths are absolute. */
  readonly access: AccessFiles;
  readonly ssh: Pick<SshAccess, 'agent' | 'keys'>;
  /** A transfer that stands still for this long ends, even when nobody is left to end it. 0: never. */
  readonly stallSeconds: number;
}

/** How the launcher's last line on standard error begins; the exit status of git follows (128 + n: signal n). */
export const endMark = 'dock-git-ended:';

/** How the line begins that comes before each step of a checkout; what git does in it follows, in words. */
export const stepMark = 'dock-git-step:';

/**
 * A POSIX shell script that runs one command in a process group of its own: git, or the steps of a checkout. INT or TERM end the group, first by asking,
 * then by force; when git is dead its helpers are too. The last line on standard error says how git ended: without that line there is no evidence that it
 * ended at all.
 *
 * @param command Words of a shell. @default git with the hardening
 */
export function gitLauncher(options: GitLauncherOptions, command: string = gitCommand(options)): string {
  const { agent, keys } = options.ssh;
  const environment = {
    ...constantEnvironment,
    GIT_ALLOW_PROTOCOL: options.protocols.join(':'),
    ...(agent === undefined ? {} : { SSH_AUTH_SOCK: agent }),
    ...(keys.length === 0 ? {} : { GIT_SSH_COMMAND: sshWithKeys(keys) }),
  };
  return `${Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
    .join('\n')}
umask 022
git_once() {
  exec $group ${command} "$@"
}
finish() {
  trap '' INT TERM HUP
  child=$!
  if [ -n "$child" ]; then
    kill -s TERM -- "-$child" || kill -s TERM "$child"
    turns=0
    while kill -s 0 "$child" && [ "$turns" -lt ${killAfterSeconds * 10} ]; do
      sleep 0.1
      turns=$((turns + 1))
    done
    kill -s KILL -- "-$child"
  fi 2>/dev/null
  exit 130
}
trap finish INT TERM HUP
if ! command -v git >/dev/null; then
  printf '\\n%s 127\\n' ${quote(endMark)} >&2
  exit 127
fi
if command -v setsid >/dev/null; then group=setsid; else group=; set -m; fi
git_once "$@" &
child=$!
wait "$child"
status=$?
trap '' INT TERM HUP
[ "$status" -eq 0 ] || kill -s KILL -- "-$child" 2>/dev/null
printf '\\n%s %s\\n' ${quote(endMark)} "$status" >&2
exit "$status"
`;
}

/**
 * A POSIX shell script that makes a checkout of what its arguments, a `fetch` of git, bring: one git after the other, until one fails. Its standard
 * output is what git knows of the fetched commit and of the one that is checked out, each on a line of {@link commitFormat} (git tells a commit once, however
 * often it is named), then the lines of its index that have one of {@link stagePatterns}.
 */
export function checkoutSteps(options: GitLauncherOptions, objectFormat?: 'sha256'): string {
  const fetched = quote('FETCH_HEAD^{commit}');
  const format = objectFormat === undefined ? '' : ` --object-format=${objectFormat}`;
  // The shell waits for git also when both are asked to end: git's end is the answer.
  return `trap : INT TERM HUP
step() {
  printf '\\n%s %s\\n' ${quote(stepMark)} "$1" >&2
  shift
  ${gitCommand(options)} "$@" || exit
}
step ${quote(doing.prepare)} init --quiet${format}
step ${quote(doing.fetch)} "$@"
step ${quote(doing.checkOut)} checkout --quiet --force --detach ${fetched}
step ${quote(doing.read)} log --no-walk=unsorted ${commitFormat.join(' ')} ${fetched} ${quote('HEAD^{commit}')} --
step ${quote(doing.read)} ls-files --stage > ../stage
sed -n ${stagePatterns.map((pattern) => `-e ${quote(`/${pattern.replaceAll('/', '\\/')}/p`)}`).join(' ')} ../stage
`;
}

/** How git tells of a commit: SHA, when it was written and when it was committed; in old repositories either may be empty. */
export const commitFormat: readonly string[] = ['--no-show-signature', '--date=raw', '--format=%H,%ad,%cd'];

/** What git does, in the words of errors: after "git could not". */
export const doing = {
  prepare: 'prepare the checkout of',
  fetch: 'fetch',
  read: 'read the commit of',
  checkOut: 'check out',
  verify: 'verify the checkout of',
} as const;

/** git runs ssh by the shell. The agent's keys are not offered besides: a server ends the connection after a few wrong ones. */
function sshWithKeys(keys: readonly string[]): string {
  const words = ['-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none', ...keys.flatMap((key) => ['-i', quote(key)])];
  return `${constantEnvironment['GIT_SSH_COMMAND']} ${words.join(' ')}`;
}

function gitCommand({ protocols, access, stallSeconds }: GitLauncherOptions): string {
  const words = [
    'git',
    ...hardeningArguments,
    ...(protocols.includes('file') ? [] : ['-c', 'protocol.file.allow=never']),
    ...(stallSeconds > 0 ? ['-c', 'http.lowSpeedLimit=1', '-c', `http.lowSpeedTime=${stallSeconds}`] : []),
    // git runs a helper by the shell, so the path in it is quoted a second time.
    ...(access.credentials === undefined ? [] : ['-c', `credential.helper=store --file=${quote(access.credentials)}`]),
    ...(access.config === undefined ? [] : ['-c', `include.path=${access.config}`]),
  ];
  return words.map(quote).join(' ');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

import { constantEnvironment, hardeningArguments, killAfterSeconds } from './git-environment.js';

/** What a launcher is made for; every value is a constant of ours or checked. */
export interface GitLauncherOptions {
  /** Protocols that git, its redirects and its submodules may use. */
  readonly protocols: readonly string[];
  /** File of `git credential-store`, absolute. */
  readonly credentialsFile?: string;
  /** A transfer that stands still for this long ends, even when nobody is left to end it. 0: never. */
  readonly stallSeconds: number;
}

/** How the launcher's last line on standard error begins; the exit status of git follows (128 + n: signal n). */
export const endMark = 'dock-git-ended:';

/**
 * A POSIX shell script that runs one git command in a process group of its own. INT or TERM end the group, first by asking, then by force; when git is dead
 * its helpers are too. The last line on standard error says how git ended: without that line there is no evidence that it ended at all.
 */
export function gitLauncher({ protocols, credentialsFile, stallSeconds }: GitLauncherOptions): string {
  const environment = { ...constantEnvironment, GIT_ALLOW_PROTOCOL: protocols.join(':') };
  const git = [
    'git',
    ...hardeningArguments,
    ...(protocols.includes('file') ? [] : ['-c', 'protocol.file.allow=never']),
    ...(stallSeconds > 0 ? ['-c', 'http.lowSpeedLimit=1', '-c', `http.lowSpeedTime=${stallSeconds}`] : []),
    // git runs a helper by the shell, so the path in it is quoted a second time.
    ...(credentialsFile === undefined ? [] : ['-c', `credential.helper=store --file=${quote(credentialsFile)}`]),
  ];
  return `${Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
    .join('\n')}
umask 022
git_once() {
  exec $group ${git.map(quote).join(' ')} "$@"
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

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

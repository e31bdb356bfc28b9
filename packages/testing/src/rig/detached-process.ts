import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';

/** A process that outlives the one that starts it; both outputs go to a file. */
export interface DetachedProcess {
  readonly pid: number;
  readonly logFile: string;
}

/** Starts a process in a session of its own. */
export function startDetached(
  command: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly logFile: string; readonly cwd: string },
): DetachedProcess {
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    const child = spawn(command, args, {
      detached: true,
      env: options.env,
      cwd: options.cwd,
      stdio: ['ignore', log, log],
    });
    // Without a listener a missing program would end this process; the pid says as much.
    child.on('error', () => undefined);
    child.unref();
    if (child.pid === undefined) throw new Error(`"${command}" could not be started`);
    return { pid: child.pid, logFile: options.logFile };
  } finally {
    closeSync(log);
  }
}

/** The last lines of a log. */
export function lastLines(file: string, count = 15): string {
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8').trim().split('\n').slice(-count).join('\n');
}

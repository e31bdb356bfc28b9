import { spawn } from 'node:child_process';
import { DockError } from '@dock/core';

/** How a command is run. */
export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** How the command is named in an error. @default the command with its arguments */
  readonly label?: string;
  /** Milliseconds until the command is killed. @default 600 000 */
  readonly timeoutMs?: number;
}

/**
 * Runs a program and returns its stdout.
 *
 * @throws COMMAND_NOT_FOUND when there is no such program; INTERNAL with the last lines of stderr when it fails.
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 600_000,
      killSignal: 'SIGKILL',
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'ENOENT'
          ? new DockError('COMMAND_NOT_FOUND', `The command "${command}" is not installed.`, { cause })
          : cause,
      );
    });
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(stdout).toString());
      const lines = Buffer.concat(stderr).toString().trim().split('\n').slice(-10).join('\n');
      const how = signal === null ? `status ${String(code)}` : signal;
      reject(
        new DockError('INTERNAL', `"${options.label ?? [command, ...args].join(' ')}" ended with ${how}: ${lines}`),
      );
    });
    // A program that reads no input may close the pipe first.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  });
}

import { spawn } from 'node:child_process';
import { type DockRun, outcomeOf } from '../run-dock.js';

/** Run a program to its end, whatever its status. */
export async function runProgram(
  program: string,
  words: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<DockRun> {
  const env = { ...process.env, ...options.env };
  return outcomeOf(spawn(program, words, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Run a program that has to succeed. @returns its standard output @throws with everything that it said */
export async function mustRun(...call: Parameters<typeof runProgram>): Promise<string> {
  const { status, signal, stdout, stderr } = await runProgram(...call);
  if (status !== 0) throw new Error(`${call[0]} ${call[1].join(' ')}: ${status ?? signal}\n${stdout}\n${stderr}`);
  return stdout;
}

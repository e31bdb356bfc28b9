import type { RunOptions, Surroundings } from '@dock/api';
import type { BuildResult } from '@dock/core';
import { prepareResultFiles } from './result-files.js';
import { runInTerminal, type TerminalChoice } from './run-in-terminal.js';
import type { WriteOutput } from './standard-output.js';

/** What every command that runs something takes: which engine, and how the run shows itself. */
interface RunFlags extends Omit<TerminalChoice, 'files' | 'closingWord'> {
  readonly host?: string | undefined;
  readonly context?: string | undefined;
  readonly 'metadata-file'?: string | undefined;
  readonly iidfile?: string | undefined;
}

/**
 * Run something as the flags of a command say; its exit status becomes that of the process.
 *
 * @param closingWord What is told at the end of a run that went well, beside its result
 * @throws USAGE when a file that it shall write cannot be written
 */
export async function runByFlags(
  start: (options: RunOptions) => Promise<BuildResult>,
  flags: RunFlags,
  surroundings: Surroundings,
  write: WriteOutput,
  closingWord: (result: BuildResult) => string | undefined = () => undefined,
): Promise<void> {
  const { json, quiet, progress, host, context } = flags;
  const engine = { ...(host === undefined ? {} : { host }), ...(context === undefined ? {} : { context }) };
  process.exitCode = await runInTerminal(
    (options) => start({ ...options, ...engine }),
    { json, quiet, progress, closingWord, files: prepareResultFiles(surroundings.cwd, flags) },
    surroundings,
    write,
  );
}

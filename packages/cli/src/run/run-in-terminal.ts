import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type RunOptions,
  type Surroundings,
  stateDirectory,
  tempDirectory,
  warmUpEngine,
  writeJsonFile,
} from '@dock/api';
import { type BuildResult, createRunId, type JsonValue, readRunState, RunWitness, writeWhole } from '@dock/core';
import type { Inspection } from '@dock/plugin-inspect';
import { cleanText, isCiEnvironment, safeJson } from '../output/clean-text.js';
import { hasColour } from '../output/colour-choice.js';
import { createColours } from '../output/colours.js';
import { formatFailure } from '../output/error-text.js';
import { PacedOutput } from '../output/paced-output.js';
import { formatResult, inspectionOf } from '../output/result-text.js';
import { createProgress, type ProgressMode, resolveMode } from '../progress/create-progress.js';
import { StepTail } from '../progress/step-tail.js';
import { type ResultFiles, writeResultFiles } from './result-files.js';
import { asOwner } from './own-descriptor.js';
import { listenForSignals } from './run-signals.js';
import { standardOutputBytes, type WriteOutput } from './standard-output.js';

/** How a run shows itself. */
export interface TerminalChoice {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly progress: ProgressMode;
  readonly files: ResultFiles;
  /** What is told at the end of a run that went well, beside its result. */
  readonly closingWord: (result: BuildResult) => string | undefined;
}

/**
 * Run something for a person or a script: progress on standard error, the result on standard output, files where asked for.
 *
 * @returns the exit status
 */
export async function runInTerminal(
  start: (options: RunOptions) => Promise<BuildResult>,
  choice: TerminalChoice,
  surroundings: Surroundings,
  write: WriteOutput,
): Promise<number> {
  const { env } = surroundings;
  const mode: ProgressMode = choice.quiet ? 'none' : choice.progress;
  const isRaw = resolveMode(mode, env, process.stderr.isTTY === true) === 'rawjson';
  const stderr = new PacedOutput(process.stderr, isRaw ? undefined : leftOutNote);
  const progress = createProgress(mode, stderr, env);
  const tail = new StepTail();
  const runId = createRunId();
  const witness = new RunWitness(runId);
  const tell = (text: string) => {
    if (!isRaw) stderr.write(`${text}\n`);
  };

  /** For a process that ends under the run: nothing asynchronous is left, so the result is written here and now. */
  const lastWords = (exitStatus: number, why = 'The process was ended before the run was over.') => {
    process.off('exit', onExit);
    progress.stop();
    stderr.flush();
    const hint = `What the run made may be left: containers and volumes with the label io.dock.run=${runId}. "dock gc" lists and removes it.`;
    const code = exitStatus === 70 ? 'INTERNAL' : 'CANCELLED';
    const directory = join(stateDirectory(surroundings), runId);
    const facts = readRunState(directory)?.facts ?? {};
    const result = witness.abandoned({ code, exitStatus, message: why, hint, facts, endedAt: new Date() });
    try {
      writeJsonFile(join(directory, 'result.json'), result);
    } catch {
      // The state directory may not be there yet; the status and the words below still say it.
    }
    removeCheckouts(surroundings, runId);
    writeResultFiles(choice.files, result);
    if (!isRaw) writeNow(2, formatFailure(result, errorOptions()));
    if (choice.json) writeNow(1, `${safeJson(result, 2)}\n`);
  };
  const onExit = () => {
    process.exitCode = 70;
    lastWords(70, 'Something ended the process in the middle of the run: a plugin or the config called process.exit.');
  };
  const errorOptions = () => {
    const colour = hasColour(env, process.stderr.isTTY === true);
    return {
      colours: createColours(colour),
      clean: { colour, isCi: isCiEnvironment(env) },
      step: tail.failed(),
    };
  };

  /** Choosing the runner is the consent; this says to what. It is no event. */
  const tellOfContainer = (runner: string) => {
    if (runner === 'here' || mode === 'none') return;
    tell(`The runner "${runner}" runs your config and plugins in a container with root access to the engine's host.`);
  };

  const signals = listenForSignals(lastWords, tell);
  process.on('exit', onExit);
  const end = () => {
    progress.stop();
    process.off('exit', onExit);
  };
  const result = await start({
    env,
    cwd: surroundings.cwd,
    runId,
    signal: signals.signal,
    forceSignal: signals.forceSignal,
    openStandardOutput: () => standardOutputBytes(write),
    onEvent(event) {
      if (event.type === 'run.start') tellOfContainer(event.runner);
      // While git fetches, this process waits: the time is used to load what comes after.
      if (event.type === 'phase.start' && event.phase === 'source') setImmediate(() => void warmUpEngine());
      witness.onEvent(event);
      tail.onEvent(event);
      progress.onEvent(event);
      return stderr.ready();
    },
  }).finally(end);
  const problems = writeResultFiles(choice.files, result);
  for (const problem of problems) tell(`error: ${problem}`);
  const exitStatus = result.exitStatus === 0 && problems.length > 0 ? 3 : result.exitStatus;
  if (result.status === 'ok') {
    const inspection = inspectionOf(result);
    if (inspection !== undefined && mode !== 'none' && !isRaw) tell(cleanText(await inspectionText(inspection)));
    const word = choice.closingWord(result);
    if (word !== undefined && mode !== 'none') tell(cleanText(word));
  } else if (!isRaw) stderr.write(formatFailure(result, errorOptions()));
  stderr.flush();
  const warnings = [...result.warnings, ...problems.map((message) => ({ message }))];
  if (choice.json) write(`${safeJson({ ...result, exitStatus, warnings }, 2)}\n`);
  else if (result.status === 'ok') write(formatResult(result, choice.quiet));
  signals.release();
  return exitStatus;
}

function leftOutNote(lines: number): string {
  return `… ${lines} lines are left out here, because nobody read them in time; the log has them.`;
}

async function inspectionText(report: JsonValue): Promise<string> {
  const { formatInspection } = await import('@dock/plugin-inspect');
  try {
    return formatInspection(report as unknown as Inspection);
  } catch {
    // Another plugin of that name has reports of its own.
    return JSON.stringify(report, null, 2);
  }
}

/** Checkouts of a run that cannot remove them itself any more. */
function removeCheckouts(surroundings: Surroundings, runId: string): void {
  try {
    const directory = tempDirectory(surroundings);
    for (const name of readdirSync(directory))
      if (name.startsWith(`${runId}-`)) rmSync(join(directory, name), { recursive: true, force: true });
  } catch {
    // Without a directory for checkouts there are none.
  }
}

/** How long the last words wait for a reader that stands still, ms. */
const lastWordsMs = 2000;

function writeNow(fd: number, text: string): void {
  try {
    asOwner(() => writeWhole(fd, text, lastWordsMs));
  } catch {
    // There is nowhere left to say it.
  }
}

import { join } from 'node:path';
import {
  type BuildResult,
  type DockError,
  type DockEvent,
  type EventBody,
  type WarningDocument,
  dockVersion,
  errorDocument,
  eventVersion,
  thrownMessage,
} from '@dock/core';
import { makeDirectory } from '@dock/core/internal';
import { writeJsonFile } from './write-json-file.js';

/** A run that could not begin. */
export interface FailedStart {
  readonly runId: string;
  readonly error: DockError;
  /** What was warned of before. */
  readonly warnings: readonly WarningDocument[];
  readonly startedAt: Date;
  readonly stateDir?: string;
  readonly onEvent?: (event: DockEvent) => unknown;
}

/** The result of a run that failed before its pipeline began: same shape, same events, same result file as any other. */
export function failedStart({ runId, error, warnings, startedAt, stateDir, onEvent }: FailedStart): BuildResult {
  const durationMs = Date.now() - startedAt.getTime();
  const versions = { dock: dockVersion, node: process.versions.node };
  const failed = error.within({ phase: 'config' });
  const ending = failed.code === 'CANCELLED' ? 'cancelled' : 'failed';
  const result: BuildResult = {
    v: 1,
    runId,
    status: ending,
    exitStatus: failed.exitStatus,
    runner: 'here',
    publishedState: 'none',
    startedAt: startedAt.toISOString(),
    durationMs,
    names: [],
    bases: [],
    published: [],
    unpublished: [],
    phases: [{ phase: 'config', status: ending, durationMs }],
    plugins: [],
    warnings,
    error: errorDocument(failed),
    versions,
  };
  const told = { ...result, warnings: tell(result, onEvent) };
  if (stateDir === undefined) return told;
  return { ...told, warnings: writeResult(join(stateDir, runId), told) };
}

/** A broken listener hides nothing: it is told once and not called again. */
function tell(result: BuildResult, onEvent: FailedStart['onEvent']): BuildResult['warnings'] {
  if (onEvent === undefined || result.error === undefined) return result.warnings;
  const { status, exitStatus, durationMs, error, versions } = result;
  const bodies: EventBody[] = [
    { type: 'run.start', source: '', runner: result.runner, versions },
    ...result.warnings.map((warning) => ({ type: 'warning', ...warning }) as const),
    { type: 'phase.start', phase: 'config' },
    { type: 'phase.end', phase: 'config', status: result.status, durationMs },
    { type: 'error', error },
    { type: 'run.end', status, exitStatus, durationMs },
  ];
  const time = new Date().toISOString();
  try {
    for (const [index, body] of bodies.entries()) {
      const answer = onEvent({ v: eventVersion, seq: index + 1, time, run: result.runId, ...body });
      // Nobody waits for it: the run is over.
      if (answer instanceof Promise) answer.catch(() => undefined);
    }
    return result.warnings;
  } catch (error) {
    return [
      ...result.warnings,
      { message: `The event listener threw and is no longer called: ${thrownMessage(error)}` },
    ];
  }
}

/** The run has failed already; that its result cannot be written must not hide why. */
function writeResult(directory: string, result: BuildResult): BuildResult['warnings'] {
  try {
    makeDirectory(directory);
    writeJsonFile(join(directory, 'result.json'), result);
    return result.warnings;
  } catch (error) {
    return [...result.warnings, { message: `The result file was not written: ${thrownMessage(error)}` }];
  }
}

import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { DockEvent } from '../contracts/event.js';
import type { BuildResult, WarningDocument } from '../contracts/result.js';
import type { BuildJob, RunnerContext } from '../contracts/runner.js';
import { DockError } from '../errors/dock-error.js';
import { clipped, isDiskFull, thrownMessage } from '../errors/thrown-message.js';
import { createEventSink, type EventWriter } from '../events/event-sink.js';
import { openLogFile } from '../events/log-file.js';
import { cancellation } from '../errors/cancellation.js';
import { setLimit } from '../time/set-limit.js';
import { createSecretMasker } from '../masking/secret-masker.js';
import { requestedNames } from './public-names.js';
import { shortestSecret } from '../masking/secret-forms.js';
import { describeSource, earlySecrets } from './describe-source.js';
import { dockVersion } from '../version.js';
import { CleanupStack } from './cleanup-stack.js';
import { registryOf } from './connect-to-registry.js';
import { limitsOf } from './limits.js';
import { noEngine } from './no-engine.js';
import { writeResultFile } from './result-file.js';
import { RunRecord } from './run-record.js';
import type { RunScope } from './run-scope.js';
import { noState, openRunState, relayedState } from './run-state.js';

/** Characters of a warning's message or hint. */
const warningSize = 16 * 1024;

/** A run that was opened: everything it holds, and how it is closed. */
export interface OpenRun {
  readonly scope: RunScope;
  /** Say how it ended, write the result, and let go of everything. `complete` adds what the record does not know. */
  readonly close: (complete?: (result: BuildResult) => BuildResult) => BuildResult;
}

/** How a run is opened. */
export interface OpenRunOptions {
  /** Time beyond the run's limit, for a run that enforces the limit elsewhere, ms. @default 0 */
  readonly extraMs?: number;
}

/** Open what a run holds: events, log file, signals and limits. It does not fail: a log that cannot be written is a warning. */
export function openRun(
  job: BuildJob,
  context: RunnerContext,
  runner: string,
  { extraMs = 0 }: OpenRunOptions = {},
): OpenRun {
  const masker = createSecretMasker((secret) => context.onSecret?.(secret));
  masker.keepNames(requestedNames(job.request));
  for (const secret of earlySecrets(job.request)) if (secret.length >= shortestSecret) masker.add(secret);
  const record = new RunRecord(context.runId, runner, { dock: dockVersion, node: process.versions.node });
  const directory = context.stateDir === undefined ? undefined : join(context.stateDir, context.runId);
  const warn = (warning: WarningDocument) => {
    const { message, hint } = warning;
    const short = { ...warning, message: clipped(message, warningSize) };
    const masked = masker.maskValue(hint === undefined ? short : { ...short, hint: clipped(hint, warningSize) });
    record.addWarning(masked);
    sink.emit({ type: 'warning', ...masked });
  };
  const writers: EventWriter[] = [];
  const sink = createEventSink(context.runId, masker, writers);
  let isStarted = false;
  const early: WarningDocument[] = [];
  // A log that cannot be opened is told after run.start, which is the first event.
  const onTrouble = (trouble: WarningDocument) => (isStarted ? warn(trouble) : void early.push(trouble));
  const log = directory === undefined ? undefined : openLogFile(directory, onTrouble);
  record.logFile = log?.path;
  const state =
    directory === undefined || record.logFile === undefined
      ? context.onStateLine === undefined
        ? noState
        : relayedState((line) => context.onStateLine?.(line))
      : openRunState(directory, { run: context.runId, runner, startedAt: record.startedAt }, (message) =>
          onTrouble({ message }),
        );
  if (record.logFile !== undefined) state.tell({ logFile: record.logFile });
  record.onProgress = (facts) => state.tell(masker.maskValue(facts));
  if (log !== undefined) writers.push((event) => log.write(event));
  if (context.onEvent !== undefined) writers.push(listenerWriter((event) => context.onEvent?.(event), warn));
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const release = linkSignals(context, stopping);
  const limits = limitsOf(job.request.timeouts);
  const endWork = setLimit(limits.runMs === 0 ? 0 : limits.runMs + extraMs, () =>
    stopping.abort(
      new DockError('TIMEOUT', `The run took longer than ${limits.runMs} ms.`, { hint: 'Raise timeouts.runMs.' }),
    ),
  );
  const scope: RunScope = {
    job,
    context,
    // A frozen one needs no copy; inside a build container it tells what was read in vain.
    env: Object.isFrozen(context.env) ? context.env : Object.freeze({ ...context.env }),
    record,
    masker,
    limits,
    cleanup: new CleanupStack(),
    state,
    signal: stopping.signal,
    stop: (error) => stopping.abort(error),
    endWork,
    isPublishing: job.request.publish !== false && hasPublisher(job),
    transferred: new Map(),
    hooks: { call: async () => undefined, count: () => 0, attesters: [], pluginsOf: () => [] },
    engine: noEngine(),
    builder: undefined,
    hasEngine: false,
    imageNeeds: new Set(),
    registry: registryOf(() => scope),
    workDir: undefined,
    early: undefined,
    phase: 'config',
    cleaning: undefined,
    emit: (event) => sink.emit(event),
    warn,
  };
  sink.emit({ type: 'run.start', source: describeSource(job.request), runner, versions: { ...record.versions } });
  isStarted = true;
  early.forEach(warn);
  context.onOpen?.({
    log: (level, message, source) => sink.emit({ type: 'log', level, message, source }),
    warn,
    addSecret: (value) => masker.add(value),
  });
  const close: OpenRun['close'] = (complete = (result) => result) => {
    endWork();
    release();
    if (scope.signal.aborted && record.error === undefined)
      record.fail(cancellation(scope.signal.reason).within({ phase: scope.phase }));
    sink.flush();
    log?.flush();
    record.end();
    const result = () => masker.maskValue(complete(record.result()));
    const first = result();
    const problem = directory === undefined ? undefined : tryToWrite(directory, first);
    if (problem !== undefined) warn(problem);
    if (first.error !== undefined) sink.emit({ type: 'error', error: first.error });
    sink.emit({ type: 'run.end', status: first.status, exitStatus: first.exitStatus, durationMs: first.durationMs });
    sink.close();
    log?.close();
    const last = result();
    // The last words did not fit on the disk any more: the result says so too.
    if (directory !== undefined && last.warnings.length > first.warnings.length) tryToWrite(directory, last);
    state.close();
    return last;
  };
  return { scope, close };
}

/** The caller's signals stop the run; a second one counts as the first too. Returns what takes the listeners back. */
function linkSignals({ signal, forceSignal }: RunnerContext, stopping: AbortController): () => void {
  const onAbort = () => stopping.abort(signal?.reason);
  const onForce = () => stopping.abort(forceSignal?.reason);
  if (signal?.aborted === true) onAbort();
  if (forceSignal?.aborted === true) onForce();
  signal?.addEventListener('abort', onAbort);
  forceSignal?.addEventListener('abort', onForce);
  return () => {
    signal?.removeEventListener('abort', onAbort);
    forceSignal?.removeEventListener('abort', onForce);
  };
}

/** A broken listener must not break the run: it is told once and not called again. */
function listenerWriter(onEvent: (event: DockEvent) => unknown, warn: (warning: WarningDocument) => void): EventWriter {
  let isBroken = false;
  const fail = (error: unknown) => {
    if (isBroken) return;
    isBroken = true;
    warn({ message: `The event listener threw and is no longer called: ${thrownMessage(error)}` });
  };
  return (event) => {
    if (isBroken) return undefined;
    try {
      const returned = onEvent(event);
      return returned instanceof Promise ? returned.then(() => undefined, fail) : undefined;
    } catch (error) {
      fail(error);
      return undefined;
    }
  };
}

/** What lists no plugins, or lists something else than plugins, is refused in the config phase. */
function hasPublisher({ plugins, latePlugins }: BuildJob): boolean {
  return (
    latePlugins?.publishes === true ||
    (Array.isArray(plugins) &&
      plugins.some((plugin) => (plugin as { publishes?: boolean } | undefined | null)?.publishes === true))
  );
}

function tryToWrite(directory: string, result: BuildResult): WarningDocument | undefined {
  try {
    writeResultFile(directory, result);
    return undefined;
  } catch (error) {
    const message = `The result could not be written to "${directory}": ${thrownMessage(error)}`;
    return isDiskFull(error) ? { message, code: 'DISK_FULL' } : { message };
  }
}

import type { DockEvent, EventBody, LogLevel } from '../contracts/event.js';
import type { EngineDescription, EnginePort } from '../contracts/engine-port.js';
import type { PhaseName } from '../contracts/phases.js';
import type { BuildResult, WarningDocument } from '../contracts/result.js';
import type { RunNote } from '../contracts/run-note.js';
import type { RunFacts, StateLine } from '../contracts/state-line.js';
import type { BuildJob, RunnerContext } from '../contracts/runner.js';
import { DockError } from '../errors/dock-error.js';
import { errorDocument } from '../errors/error-document.js';
import { CleanupBudget } from './cleanup-budget.js';
import { connectToEngine, describeInTime } from './connect-to-engine.js';
import { openRun } from './open-run.js';
import { mergeResults } from './merge-results.js';
import { whyEnded } from './run-phase.js';
import type { RunScope } from './run-scope.js';

/** How much longer than the run's own limit the host waits: the limit is kept, and told, where the pipeline runs. */
const hostExtraMs = 30_000;

/** A run whose pipeline runs in another process: what that process says becomes this run's events and result. */
export interface ElsewhereRun {
  /** Aborted by the caller's signals, or when the other process does not keep the run's limit. */
  readonly signal: AbortSignal;
  /** Pass on an event of the other process: it is masked again, stamped and numbered anew. Returns a promise while whoever listens is behind. */
  relay(event: DockEvent): unknown;
  /** What the other process notes in the engine of this side, and what it must not lose, becomes this run's: it is known also when the other process is killed. */
  keepState(line: StateLine): void;
  log(level: LogLevel, message: string, source: string): unknown;
  /** A warning of the host's own. */
  warn(warning: WarningDocument): void;
  addSecret(value: string): void;
  /** Connect to the engine of this side; it is closed at the end of the run. @throws DAEMON_UNREACHABLE and its kin */
  connectEngine(): Promise<EnginePort>;
  /** Ask it what it is, in the time for connecting. @throws TIMEOUT naming its option, DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED */
  describeEngine(engine: EnginePort, options?: { readonly signal: AbortSignal }): Promise<EngineDescription>;
  /** The phase that a failure before the first relayed event belongs to. @default config */
  setPhase(phase: PhaseName): void;
  /** The result of the other process. What fails afterwards is added to it; the first error wins. */
  setResult(result: BuildResult): void;
  /** Changes the result at the end, such as paths that mean something else here. */
  onResult(change: (result: BuildResult) => BuildResult): void;
  /** Undone at the end of the run whatever came of it, last in, first out. A note says what is left should this process be killed before. */
  onCleanup(name: string, undo: (signal: AbortSignal) => unknown, note?: RunNote): void;
  /** Note what may be left should this process be killed. Returns what to call once the result tells of it, or nothing is left. */
  note(what: RunNote): () => void;
}

/**
 * Open a run here, let `work` run the pipeline elsewhere, and close it: log, result file, masking and signals are as in a run of this process. The last
 * events, `error` and `run.end`, are this run's own, so that what fails after the pipeline (a result that cannot be read, say) is in them.
 */
export async function runElsewhere(
  job: BuildJob,
  context: RunnerContext,
  runner: string,
  work: (run: ElsewhereRun) => Promise<void>,
): Promise<BuildResult> {
  const { scope, close } = openRun(job, context, runner, { extraMs: hostExtraMs });
  const changes: ((result: BuildResult) => BuildResult)[] = [];
  const relay = new Relay(scope);
  let result: BuildResult | undefined;
  try {
    scope.signal.throwIfAborted();
    await work({
      signal: scope.signal,
      relay: (event) => relay.take(event),
      keepState: (line) => relay.keepState(line),
      log: (level, message, source) => scope.emit({ type: 'log', level, message, source }),
      warn: (warning) => {
        relay.ownWarnings.push(warning);
        scope.warn(warning);
      },
      addSecret: (value) => scope.masker.add(value),
      connectEngine: async () => connectToEngine(scope),
      describeEngine: async (engine, options) => describeInTime(engine, scope, options?.signal),
      setPhase: (phase) => {
        scope.phase = phase;
      },
      setResult: (value) => {
        result = value;
      },
      onResult: (change) => changes.push(change),
      onCleanup: (name, undo, note) =>
        scope.cleanup.add(name, undo, note === undefined ? {} : { onGone: scope.state.note(note) }),
      note: (what) => scope.state.note(what),
    });
    if (result === undefined) throw withoutResult(runner);
  } catch (error) {
    scope.record.fail(relay.fail(whyEnded(scope.signal, error)));
  }
  scope.endWork();
  await cleanUp(scope, relay);
  return close((own) =>
    changes.reduce(
      (value, change) => change(value),
      result === undefined ? relay.complete(own) : mergeResults(result, own, relay.ownWarnings),
    ),
  );
}

/** An end that nothing shows is none. */
function withoutResult(runner: string): DockError {
  return new DockError('RESULT_MISSING', `The runner "${runner}" ended without a result of its run.`);
}

/** What the other process has said so far. */
class Relay {
  /** Warnings of this side, which are not in the other side's result. */
  readonly ownWarnings: WarningDocument[] = [];
  hasCleanup = false;
  readonly #scope: RunScope;
  readonly #began = performance.now();
  #hasStarted = false;
  #hasBegunToPush = false;
  #open: PhaseName | undefined;
  #facts: RunFacts = {};
  readonly #notes = new Map<number, () => void>();

  constructor(scope: RunScope) {
    this.#scope = scope;
  }

  take(event: DockEvent): unknown {
    const { v: _v, seq: _seq, time: _time, run: _run, ...rest } = event;
    const body = rest as EventBody;
    const { record } = this.#scope;
    this.#hasStarted = true;
    if (body.type === 'run.start') {
      Object.assign(record.versions, body.versions);
      return undefined;
    }
    // The result says both; here they come last, after what this side still has to do.
    if (body.type === 'error' || body.type === 'run.end') return undefined;
    if (body.type === 'phase.start') {
      this.#open = body.phase;
      this.#scope.phase = body.phase;
      this.#hasBegunToPush ||= body.phase === 'push';
      this.hasCleanup ||= body.phase === 'cleanup';
    }
    if (body.type === 'phase.end') {
      this.#open = undefined;
      record.endPhase(body.phase, body.status, body.durationMs);
    }
    if (body.type === 'plugin.end') {
      const { plugin, hook, tap, status, durationMs } = body;
      record.addTiming({ plugin, hook, tap, status, durationMs });
    }
    if (body.type === 'warning') {
      const { type: _type, ...warning } = body;
      record.addWarning(warning);
    }
    return this.#scope.emit(body);
  }

  keepState(line: StateLine): void {
    const { state, masker } = this.#scope;
    // A directory there is none here, and goes with the other process.
    if ('note' in line && line.what.kind !== 'directory') this.#notes.set(line.note, state.note(line.what));
    if ('done' in line) this.#notes.get(line.done)?.();
    if ('facts' in line) {
      const { logFile: _, ...facts } = masker.maskValue(line.facts);
      this.#facts = { ...this.#facts, ...facts };
      state.tell(facts);
    }
  }

  /** The events of a phase that failed here, or was left open there. */
  fail(error: DockError): DockError {
    const { phase, record } = this.#scope;
    if (!this.#hasStarted) this.#scope.emit({ type: 'phase.start', phase });
    if (!this.#hasStarted || this.#open !== undefined) {
      const durationMs = Math.round(performance.now() - this.#began);
      const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed';
      this.#scope.emit({ type: 'phase.end', phase, status, durationMs });
      record.endPhase(phase, status, durationMs);
      this.hasCleanup ||= this.#open === 'cleanup';
      this.#open = undefined;
    }
    return error.within({ phase });
  }

  /** Without a result, what the other process said is not lost. What its push had done is not known; "none" would be a claim. */
  complete(result: BuildResult): BuildResult {
    const known = { ...result, ...this.#facts };
    return this.#hasBegunToPush ? { ...known, publishedState: 'partial' } : known;
  }
}

async function cleanUp(scope: RunScope, relay: Relay): Promise<void> {
  const began = performance.now();
  const isTold = !relay.hasCleanup;
  if (isTold) scope.emit({ type: 'phase.start', phase: 'cleanup' });
  const budget = new CleanupBudget(scope.signal, scope.context.forceSignal);
  await scope.cleanup.run(budget, (error) => {
    const { message, hint, code } = errorDocument(error);
    const warning = { message, hint, code };
    relay.ownWarnings.push(warning);
    scope.warn(warning);
  });
  budget.close();
  if (!isTold) return;
  const durationMs = Math.round(performance.now() - began);
  scope.emit({ type: 'phase.end', phase: 'cleanup', status: 'ok', durationMs });
  scope.record.endPhase('cleanup', 'ok', durationMs);
}

import type { DockEvent } from '../contracts/event.js';
import type { BuildResult, ErrorDocument, PhaseTiming, WarningDocument } from '../contracts/result.js';

/** Watches a run, so that there is a result even when the process is ended under it. */
export class RunWitness {
  readonly #runId: string;
  readonly #startedAt = new Date();
  readonly #phases: PhaseTiming[] = [];
  readonly #warnings: WarningDocument[] = [];
  #runner = 'here';
  #versions: Readonly<Record<string, string>> = {};
  #phase: PhaseTiming['phase'] | undefined;
  #hasBegunToPush = false;

  constructor(runId: string) {
    this.#runId = runId;
  }

  onEvent(event: DockEvent): void {
    if (event.type === 'run.start') {
      this.#runner = event.runner;
      this.#versions = event.versions;
    }
    if (event.type === 'phase.start') this.#phase = event.phase;
    if (event.type === 'phase.start' && event.phase === 'push') this.#hasBegunToPush = true;
    if (event.type === 'phase.end') {
      const { phase, status, durationMs } = event;
      this.#phases.push({ phase, status, durationMs });
    }
    if (event.type === 'warning') {
      const { message, hint, code, plugin, hook } = event;
      this.#warnings.push({
        message,
        ...(hint === undefined ? {} : { hint }),
        ...(code === undefined ? {} : { code }),
        ...(plugin === undefined ? {} : { plugin }),
        ...(hook === undefined ? {} : { hook }),
      });
    }
  }

  /** The result of a run that did not get to its end. */
  abandoned(exitStatus: number, message: string, hint: string): BuildResult {
    const isCancelled = exitStatus !== 70;
    const error: ErrorDocument = {
      code: isCancelled ? 'CANCELLED' : 'INTERNAL',
      message,
      hint,
      retryable: isCancelled,
      exitStatus,
      ...(this.#phase === undefined ? {} : { phase: this.#phase }),
    };
    return {
      v: 1,
      runId: this.#runId,
      status: isCancelled ? 'cancelled' : 'failed',
      exitStatus,
      runner: this.#runner,
      // What the push had done by then is not known; "none" would be a claim.
      publishedState: this.#hasBegunToPush ? 'partial' : 'none',
      startedAt: this.#startedAt.toISOString(),
      durationMs: Date.now() - this.#startedAt.getTime(),
      names: [],
      bases: [],
      published: [],
      unpublished: [],
      phases: this.#phases,
      plugins: [],
      warnings: this.#warnings,
      error,
      versions: this.#versions,
    };
  }
}

import type { DockEvent } from '../contracts/event.js';
import type { BuildResult, ErrorDocument, PhaseTiming, WarningDocument } from '../contracts/result.js';
import { type ErrorCode, catalogueRow } from '../errors/catalogue.js';
import type { RunFacts } from '../contracts/state-line.js';

/** Why a run did not get to its end. */
export interface Abandonment {
  /** `RUN_DIED`, `INTERNAL` or `CANCELLED`. */
  readonly code: ErrorCode;
  readonly exitStatus: number;
  readonly message: string;
  readonly hint: string;
  /** What is known beyond the events. */
  readonly facts?: RunFacts;
  /** When it ended. @default the time of the last event */
  readonly endedAt?: Date;
}

/** Watches a run, so that there is a result even when the process is ended under it. */
export class RunWitness {
  readonly #runId: string;
  #startedAt: Date | undefined;
  #lastAt: Date | undefined;
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
    this.#lastAt = new Date(event.time);
    this.#startedAt ??= this.#lastAt;
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
  abandoned({ code, exitStatus, message, hint, facts = {}, endedAt }: Abandonment): BuildResult {
    const end = endedAt ?? this.#lastAt ?? new Date();
    const startedAt = this.#startedAt ?? end;
    const { image, names = [], published = [], logFile } = facts;
    const error: ErrorDocument = {
      code,
      message,
      hint,
      retryable: catalogueRow(code).retryable,
      exitStatus,
      ...(this.#phase === undefined ? {} : { phase: this.#phase }),
    };
    return {
      v: 1,
      runId: this.#runId,
      status: code === 'CANCELLED' ? 'cancelled' : 'failed',
      exitStatus,
      runner: this.#runner,
      // What the push had done by then is not known; "none" would be a claim.
      publishedState: this.#hasBegunToPush ? 'partial' : 'none',
      startedAt: startedAt.toISOString(),
      durationMs: end.getTime() - startedAt.getTime(),
      ...(image === undefined ? {} : { image }),
      names,
      bases: [],
      published,
      unpublished: [],
      phases: this.#phases,
      plugins: [],
      warnings: this.#warnings,
      error,
      ...(logFile === undefined ? {} : { logFile }),
      versions: this.#versions,
    };
  }
}

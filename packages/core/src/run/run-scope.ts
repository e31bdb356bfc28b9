import type { EnginePort } from '../contracts/engine-port.js';
import type { EventBody } from '../contracts/event.js';
import type { PhaseName } from '../contracts/phases.js';
import type { BuildJob, RunnerContext } from '../contracts/runner.js';
import type { WarningDocument } from '../contracts/result.js';
import type { DockError } from '../errors/dock-error.js';
import type { HookSet } from '../hooks/hook-set.js';
import type { SecretMasker } from '../masking/secret-masker.js';
import type { CleanupStack } from './cleanup-stack.js';
import type { Limits } from './limits.js';
import type { RunRecord } from './run-record.js';

/** What the phases of one run share. */
export interface RunScope {
  readonly job: BuildJob;
  readonly context: RunnerContext;
  readonly record: RunRecord;
  readonly masker: SecretMasker;
  readonly cleanup: CleanupStack;
  readonly limits: Limits;
  /** Aborted by the caller's signal or the run's deadline. */
  readonly signal: AbortSignal;
  /** Stop the run with this error. */
  stop(error: DockError): void;
  readonly isPublishing: boolean;
  hooks: HookSet;
  engine: EnginePort;
  /** The phase that is running. */
  phase: PhaseName;
  emit(event: EventBody): void;
  warn(warning: WarningDocument): void;
}

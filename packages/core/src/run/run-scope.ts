import type { Checkout } from '../contracts/checkout.js';
import type { EnginePort } from '../contracts/engine-port.js';
import type { EventBody } from '../contracts/event.js';
import type { PhaseName } from '../contracts/phases.js';
import type { RemoteBuilder } from '../contracts/image-builder.js';
import type { PluginRequirements } from '../contracts/plugin.js';
import type { RegistryPort } from '../contracts/registry-port.js';
import type { SourceContext } from '../contracts/run-context.js';
import type { BuildJob, RunnerContext } from '../contracts/runner.js';
import type { WarningDocument } from '../contracts/result.js';
import type { DockError } from '../errors/dock-error.js';
import type { HookSet } from '../hooks/hook-set.js';
import type { SecretMasker } from '../masking/secret-masker.js';
import type { CleanupBudget } from './cleanup-budget.js';
import type { CleanupStack } from './cleanup-stack.js';
import type { Limits } from './limits.js';
import type { RunRecord } from './run-record.js';
import type { RunState } from './run-state.js';

/** A source that was begun before its phase. */
export interface EarlySource {
  /** Settles when its process was started, or when it has ended without one: from then on it only waits. */
  readonly started: Promise<void>;
  /** Its outcome. What it said so far and says from now on is told to the tap. */
  take(context: SourceContext): Promise<Checkout | undefined>;
}

/** Where taps need the image before it is published. */
export type ImageNeeds = ReadonlySet<NonNullable<PluginRequirements['image']>>;

/** What the phases of one run share. */
export interface RunScope {
  readonly job: BuildJob;
  readonly context: RunnerContext;
  /** A frozen copy: what a tap writes into it would otherwise reach the whole process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly record: RunRecord;
  readonly masker: SecretMasker;
  readonly cleanup: CleanupStack;
  /** The state file: what may be left should the process be killed. */
  readonly state: RunState;
  readonly limits: Limits;
  /** Aborted by the caller's signals or the run's deadline. */
  readonly signal: AbortSignal;
  /** Stop the run with this error. */
  stop(error: DockError): void;
  /** The work is done: the run's deadline, which is not for cleaning up, is over. */
  endWork(): void;
  readonly isPublishing: boolean;
  /** The digests that pushes by the engine gave, by the name that was pushed: what taps report is held to them. */
  readonly transferred: Map<string, string[]>;
  hooks: HookSet;
  engine: EnginePort;
  /** Who builds, where it is no engine. */
  builder: RemoteBuilder | undefined;
  /** Whether the engine is connected. */
  hasEngine: boolean;
  readonly registry: RegistryPort;
  /** The run's directory for checkouts, once it is made. */
  workDir: string | undefined;
  /** The source, where it was begun before its phase. */
  early: EarlySource | undefined;
  /** Whether a plugin needs the history of the source. */
  needsHistory?: boolean;
  /** Where taps need the image of a builder that is no engine's. */
  imageNeeds: ImageNeeds;
  /** The phase that is running. */
  phase: PhaseName;
  /** While the cleanup phase runs: its time, and how many of its taps have not begun. */
  cleaning: { readonly budget: CleanupBudget; taps: number } | undefined;
  /** Returns a promise while the listener is behind. */
  emit(event: EventBody): unknown;
  /** A warning for the result and the events. */
  warn(warning: WarningDocument): void;
}

import type { Checkout, SourceRequest } from './checkout.js';
import type { EnginePort } from './engine-port.js';
import type { EngineEvent } from './event.js';
import type { RegistryPort } from './registry-port.js';
import type { JsonValue } from './result.js';
import type { RunNote } from './run-note.js';

/** Writes log events; every line is masked before it is written anywhere. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What every tap gets beside its value. Frozen. */
export interface RunContext {
  readonly runId: string;
  /** The directory that the user started in, absolute. */
  readonly cwd: string;
  /** The environment as the caller passed it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** When the run began, ISO 8601. */
  readonly startedAt: string;
  readonly logger: Logger;
  /** Aborted when the run is cancelled or this tap is over its deadline. */
  readonly signal: AbortSignal;
  /** Connects on first use. Where no engine builds there may be none: then its calls say so. */
  readonly engine: EnginePort;
  /** Who builds, where it is no engine; absent in every other run. */
  readonly builder?: { readonly name: string };
  /** The registries, asked directly and not through an engine, with the run's credentials. Connects on first use. */
  readonly registry: RegistryPort;
  /** Whether this run publishes (a push was asked for and not forbidden). */
  readonly isPublishing: boolean;
  /** What the run asks of every push (`--verify`); it wins over an option of the plugin that pushes. */
  readonly verify?: 'auto' | 'required' | 'off';
  /** Put a value for this plugin and hook into the result. Again replaces it. At most 1 MiB as JSON. */
  report(value: JsonValue): void;
  /** Put a warning into the result. */
  warn(message: string, options?: { readonly hint?: string; readonly code?: string }): void;
  /** Mask this value in everything that dock writes from now on. @throws SECRET_TOO_SHORT */
  addSecret(value: string): void;
  /** Forward progress of engine calls: pass it as `onEvent`. Returns a promise while whoever listens is behind. */
  emit(event: EngineEvent): unknown;
  /**
   * Undo something when the run ends, whatever its outcome; last in, first out, each under its own 10 s deadline.
   *
   * @param note What `dock gc` takes back should this process be killed before that.
   */
  onCleanup(name: string, undo: (signal: AbortSignal) => unknown, note?: RunNote): void;
}

/** The context once the source is on disk. */
export interface CheckoutContext extends RunContext {
  readonly checkout: Checkout;
}

/** The context of the source hook: a private directory to put a checkout into. */
export interface SourceContext extends RunContext {
  readonly request: SourceRequest;
  /** An empty 0700 directory of this run, removed at its end. */
  readonly workDir: string;
}

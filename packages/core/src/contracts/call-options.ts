import type { EngineEvent } from './event.js';

/** Options of every call to the engine. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Deadline of the whole call, ms. @default 60000 for plain calls */
  readonly timeoutMs?: number;
}

/** Options of calls that stream progress. */
export interface StreamOptions extends CallOptions {
  /** A build reads no more of its output until a promise that this returns is settled: so a slow reader slows the build, and fills no memory. */
  readonly onEvent?: (event: EngineEvent) => unknown;
  /** Deadline without any sign of progress, ms. @default 120000 for pull, 300000 for push; none for build */
  readonly idleTimeoutMs?: number;
}

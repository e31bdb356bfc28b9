import type { DockPlugin } from './plugin.js';
import type { BuildRequest } from './build-request.js';
import type { EnginePort } from './engine-port.js';
import type { DockEvent } from './event.js';
import type { BuildResult } from './result.js';

/** What is to be run: the request and the plugins, in order. */
export interface BuildJob {
  readonly request: BuildRequest;
  readonly plugins: readonly DockPlugin[];
  /** The config file that the plugins come from; container runners need it to bundle them. */
  readonly configFile?: string;
}

/** What a runner is given by whoever starts it. */
export interface RunnerContext {
  readonly runId: string;
  /** The directory that the user started in, absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Connects to the engine; called at most once, in the endpoint phase. `addSecret` registers credentials for masking. */
  connectEngine(options: { readonly signal: AbortSignal; addSecret(value: string): void }): Promise<EnginePort>;
  /** Receives each event, masked and stamped. Must not throw. A build waits for a promise that it returns before it reads more output. */
  onEvent?(event: DockEvent): unknown;
  /** First abort: cancel, clean up, end in 10 s. Its reason may be `SIGINT` or `SIGTERM`. */
  readonly signal?: AbortSignal;
  /** Second abort: do not wait for taps that do not stop. */
  readonly forceSignal?: AbortSignal;
  /** 0700 directory for checkouts; a sub-directory per run is made and removed. */
  readonly tempDir: string;
  /** Directory for `<run>/events.ndjson` and `<run>/result.json`; none are written without it. */
  readonly stateDir?: string;
}

/** Where the pipeline runs. */
export interface DockRunner {
  readonly name: string;
  run(job: BuildJob, context: RunnerContext): Promise<BuildResult>;
}

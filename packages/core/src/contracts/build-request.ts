import type { BuilderChoice, BuildSecret, BuildSsh, Ulimit } from './build-spec.js';
import type { SourceRequest } from './checkout.js';

/** Limits of a run, ms; 0 means none. */
export interface RunTimeouts {
  /** @default 7200000 (2 h) */
  readonly runMs?: number;
  /** Until the engine has said what it is. @default 15000 */
  readonly connectMs?: number;
  /** One phase. @default 0 */
  readonly phaseMs?: number;
  /** One call of one tap. @default 3600000 (1 h) */
  readonly pluginMs?: number;
  /** Fetching the source. @default 600000 (10 min) */
  readonly sourceMs?: number;
  /** The build without any output. @default 0 */
  readonly buildIdleMs?: number;
  /** A pull without any progress. @default 120000 */
  readonly pullIdleMs?: number;
  /** A push without any progress. @default 120000 */
  readonly pushIdleMs?: number;
}

/** What a run is asked to do, before any plugin has a say. Plain JSON. */
export interface BuildRequest {
  readonly source: SourceRequest;
  /** Names for the image in the engine (`--tag`); published too when the run publishes. */
  readonly tags?: readonly string[];
  /** Registries (`host[:port][/prefix]`) that each tag is published to, under its own repository name; the tags themselves then stay local. */
  readonly targetRegistries?: readonly string[];
  /** Path of the Dockerfile inside the context (or absolute, for a path source). @default `Dockerfile` */
  readonly dockerfile?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platforms?: readonly string[];
  readonly builder?: BuilderChoice;
  readonly noCache?: boolean;
  readonly pull?: boolean;
  readonly network?: string;
  readonly addHosts?: readonly string[];
  readonly shmSize?: number;
  readonly ulimits?: readonly Ulimit[];
  readonly memory?: number;
  readonly cacheFrom?: readonly string[];
  readonly secrets?: readonly BuildSecret[];
  readonly ssh?: readonly BuildSsh[];
  /** Let a `# syntax` frontend that is not Docker's own have secrets, ssh and registry credentials. @default false */
  readonly trustFrontend?: boolean;
  /** `false` forbids publishing whatever the plugins say (`--no-push`). */
  readonly publish?: boolean;
  readonly timeouts?: RunTimeouts;
}

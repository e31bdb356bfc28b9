import type { BuildOutput } from './build-output.js';
import type { BaseImage } from './build-spec.js';
import type { Checkout } from './checkout.js';
import type { BuiltImage, PublishedImage, UnpublishedImage } from './image.js';
import type { HookName, PhaseName } from './phases.js';

/** Plain JSON. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** An error as JSON. */
export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly phase?: PhaseName;
  readonly plugin?: string;
  readonly hook?: HookName;
  readonly retryable: boolean;
  readonly exitStatus: number;
  /** Messages of the causes, outermost first. */
  readonly cause?: readonly string[];
  readonly details?: JsonValue;
  /** Later errors of the run; they never mask the first. */
  readonly attached?: readonly ErrorDocument[];
}

/** A warning in the result. */
export interface WarningDocument {
  readonly message: string;
  readonly hint?: string;
  readonly code?: string;
  readonly plugin?: string;
  readonly hook?: HookName;
  /** What was behind it, the nearest first. */
  readonly cause?: readonly string[];
}

/** One phase that ran. */
export interface PhaseTiming {
  readonly phase: PhaseName;
  readonly status: 'ok' | 'failed' | 'cancelled';
  readonly durationMs: number;
}

/** One tap that ran. */
export interface PluginTiming {
  readonly plugin: string;
  readonly hook: HookName;
  readonly tap: string;
  readonly status: 'ok' | 'failed';
  readonly durationMs: number;
  /** What the plugin reported with `context.report`. */
  readonly value?: JsonValue;
}

/** What a gate came to on one platform of the image. */
export interface GateOutcome {
  /** The plugin. */
  readonly gate: string;
  readonly platform: string;
  readonly status: 'passed' | 'failed' | 'not-run';
  /** Why it did not pass. */
  readonly why?: string;
}

/** What came of a run: the same shape from the API, `--json` and `--metadata-file`, whichever runner. */
export interface BuildResult {
  readonly v: 1;
  readonly runId: string;
  readonly status: 'ok' | 'failed' | 'cancelled';
  /** Exit status of design §5. */
  readonly exitStatus: number;
  readonly runner: string;
  readonly publishedState: 'none' | 'partial' | 'complete';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly source?: Pick<Checkout, 'kind' | 'git' | 'archive'> & { readonly contextDir: string };
  /** Absent when the run makes none: what it makes is in {@link outputs}. */
  readonly image?: BuiltImage;
  /** What gates said of the image; absent where none said anything. */
  readonly gates?: readonly GateOutcome[];
  /** What the build wrote beside or in place of an image (`--output`), each as a whole; absent when nothing was asked for. */
  readonly outputs?: readonly BuildOutput[];
  /** Names that the image has in the engine after the run. */
  readonly names: readonly string[];
  readonly bases: readonly BaseImage[];
  readonly published: readonly PublishedImage[];
  readonly unpublished: readonly UnpublishedImage[];
  /** Names that are published and that a tap in the stage `attest` of `push` did not reach; absent where there are none. */
  readonly unattested?: readonly string[];
  /** The build container as an image, where it was published (`pushBuildrootTo`). */
  readonly buildroot?: { readonly name: string; readonly digest: string };
  readonly phases: readonly PhaseTiming[];
  readonly plugins: readonly PluginTiming[];
  readonly warnings: readonly WarningDocument[];
  readonly error?: ErrorDocument;
  /** Absolute path of the run's log (the event stream as NDJSON). */
  readonly logFile?: string;
  /** dock, node, engine, … */
  readonly versions: Readonly<Record<string, string>>;
}

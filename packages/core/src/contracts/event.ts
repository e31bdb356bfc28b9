import type { HookName, PhaseName } from './phases.js';
import type { ErrorDocument } from './result.js';

/** Version of the event stream. */
export const eventVersion = 1;

/** Events that an engine call can emit; the run stamps and forwards them. */
export type EngineEvent =
  | {
      readonly type: 'step.start';
      /** Identity of the step within the build. */
      readonly step: string;
      /** The instruction, as the builder names it. */
      readonly name: string;
      /** Position from 1 and number of steps, where the builder says so. */
      readonly index?: number;
      readonly total?: number;
      /** The platform that the step is for, in a build for several. */
      readonly platform?: string;
    }
  | { readonly type: 'step.log'; readonly step: string; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | {
      /** Something moves within the step: the context to the builder, layers of an export. */
      readonly type: 'step.progress';
      readonly step: string;
      /** The builder's words. */
      readonly status: string;
      /** Bytes. */
      readonly current?: number;
      readonly total?: number;
    }
  | {
      readonly type: 'step.end';
      readonly step: string;
      /** `cancelled`: ended by the failure of another step, or by the end of the run. */
      readonly status: 'ok' | 'failed' | 'cancelled';
      readonly isCached: boolean;
      readonly durationMs: number;
      readonly message?: string;
    }
  | ProgressEvent<'pull.progress'>
  | ProgressEvent<'push.progress'>
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly source?: string }
  | {
      readonly type: 'warning';
      readonly message: string;
      readonly hint?: string;
      readonly code?: string;
      readonly plugin?: string;
      readonly hook?: HookName;
      /** What was behind it, the nearest first. */
      readonly cause?: readonly string[];
    };

/** Progress of one layer, or of the whole when `layer` is absent. */
export interface ProgressEvent<Type extends string> {
  readonly type: Type;
  /** The reference being moved, in full form. */
  readonly reference: string;
  readonly layer?: string;
  /** The engine's words. */
  readonly status: string;
  /** Bytes. */
  readonly current?: number;
  readonly total?: number;
}

/** Severity of a log line. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What an event says, before the sink stamps it. */
export type EventBody =
  | EngineEvent
  | {
      readonly type: 'run.start';
      readonly source: string;
      readonly runner: string;
      readonly versions: Readonly<Record<string, string>>;
    }
  | { readonly type: 'phase.start'; readonly phase: PhaseName }
  | {
      readonly type: 'phase.end';
      readonly phase: PhaseName;
      readonly status: 'ok' | 'failed' | 'cancelled';
      readonly durationMs: number;
    }
  | { readonly type: 'plugin.start'; readonly plugin: string; readonly hook: HookName; readonly tap: string }
  | {
      readonly type: 'plugin.end';
      readonly plugin: string;
      readonly hook: HookName;
      readonly tap: string;
      readonly status: 'ok' | 'failed';
      readonly durationMs: number;
    }
  | { readonly type: 'error'; readonly error: ErrorDocument }
  | {
      readonly type: 'run.end';
      readonly status: 'ok' | 'failed' | 'cancelled';
      readonly exitStatus: number;
      readonly durationMs: number;
    };

/** One line of the event stream. */
export type DockEvent = EventBody & {
  readonly v: typeof eventVersion;
  /** From 1, without gaps. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Run ID. */
  readonly run: string;
};

/** Every event type, in the order of the reference page. */
export const eventTypes = [
  'run.start',
  'phase.start',
  'phase.end',
  'plugin.start',
  'plugin.end',
  'step.start',
  'step.log',
  'step.progress',
  'step.end',
  'pull.progress',
  'push.progress',
  'log',
  'warning',
  'error',
  'run.end',
] as const satisfies readonly DockEvent['type'][];

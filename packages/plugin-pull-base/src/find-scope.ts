import type { RunContext } from '@dock/core';
import type { ReadPullBaseOptions } from './pull-base-options.js';

/** What finding a base needs. */
export interface FindScope {
  readonly context: Pick<RunContext, 'engine' | 'registry' | 'builder' | 'emit' | 'warn' | 'runId' | 'onCleanup'>;
  readonly options: ReadPullBaseOptions;
  /** `os/arch[/variant]` where the Dockerfile or the build names one. */
  readonly platform: string | undefined;
  readonly signal: AbortSignal;
}

import type { SourceContext } from '../contracts/run-context.js';

/** The part of a tap's context that taking a source uses. */
export interface SourceNeeds
  extends Pick<SourceContext, 'addSecret' | 'cwd' | 'env' | 'logger' | 'signal' | 'warn' | 'workDir'> {
  /** Called when a process is at work for the first time, so that what follows here is waiting. */
  readonly onStart?: () => void;
}

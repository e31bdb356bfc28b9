import type { SourceContext } from '../contracts/run-context.js';

/** The part of a tap's context that taking a source uses. */
export type SourceNeeds = Pick<SourceContext, 'addSecret' | 'cwd' | 'env' | 'logger' | 'signal' | 'warn' | 'workDir'>;

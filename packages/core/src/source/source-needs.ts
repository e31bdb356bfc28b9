import type { BuildSecret, BuildSsh } from '../contracts/request-options.js';
import type { SourceContext } from '../contracts/run-context.js';

/** The part of a tap's context that taking a source uses. */
export interface SourceNeeds
  extends Pick<SourceContext, 'addSecret' | 'cwd' | 'env' | 'logger' | 'signal' | 'warn' | 'workDir'> {
  /** Build secrets, of which those of git are read. */
  readonly buildSecrets?: readonly BuildSecret[];
  /** Agents and keys, of which `default` is for the source. */
  readonly ssh?: readonly BuildSsh[];
  /** Largest build context, bytes, for a source that is unpacked. @default 10737418240 (10 GiB) */
  readonly maxContextBytes?: number;
  /** Called when a process is at work for the first time, so that what follows here is waiting. */
  readonly onStart?: () => void;
}

import type { StreamFailure } from '../stream/progress-stream.js';

/** A step of a build as errors name it. */
export interface BuildStep {
  /** Identity within the build. */
  readonly id: string;
  /** The instruction: `RUN make`. */
  readonly name: string;
  readonly index?: number;
  readonly total?: number;
}

/** What a build's stream told. */
export interface BuildEvidence {
  /** `sha256:<hex>`: the only sign of success. */
  readonly imageId: string | undefined;
  readonly failure: StreamFailure | undefined;
  /** The step that failed, or was open when the failure came. */
  readonly step: BuildStep | undefined;
  /** Limits of the engine at which output of that step was left out: the cause may be in what is missing. */
  readonly outputLimits?: readonly string[];
  /** Last lines of output, oldest first. */
  readonly lastLines: readonly string[];
}

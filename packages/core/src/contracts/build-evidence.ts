import type { LineRange } from '../dockerfile/source-place.js';
import type { PlatformImage } from './image.js';

/** Lines of output that are kept for an error. */
export const keptLines = 50;

/** A step of a build as errors name it. */
export interface BuildStep {
  /** Identity within the build. */
  readonly id: string;
  /** The instruction: `RUN make`. */
  readonly name: string;
  readonly index?: number;
  readonly total?: number;
}

/** Why a builder says that it failed. */
export interface BuilderFailure {
  readonly message: string;
  /** Exit status of a build's command, where the builder says so. */
  readonly code?: number;
  /** Where in the Dockerfile the builder lays the failure. */
  readonly lines?: LineRange;
}

/** What a build's stream told. */
export interface BuildEvidence {
  /** `sha256:<hex>`: the only sign of success. */
  readonly imageId: string | undefined;
  /** `sha256:<hex>` of the image's configuration, where the builder says it; of an image for one platform. */
  readonly configDigest?: string;
  /** Whether {@link imageId} is the digest of an index. */
  readonly isIndex?: boolean;
  /** The images of that index, where the builder shows what it holds. */
  readonly platforms?: readonly PlatformImage[];
  /** What the exporters say of what they made; only a build that worked has it, and one that makes no image has nothing else. */
  readonly response?: Readonly<Record<string, string>>;
  readonly failure: BuilderFailure | undefined;
  /** The step that failed, or was open when the failure came. */
  readonly step: BuildStep | undefined;
  /** Limits of the engine at which output of that step was left out: the cause may be in what is missing. */
  readonly outputLimits?: readonly string[];
  /** Last lines of output, oldest first. */
  readonly lastLines: readonly string[];
}

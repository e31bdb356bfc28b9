import type { Writable } from 'node:stream';
import type { BuildOutput } from './build-output.js';
import type { BuildSpec } from './build-spec.js';
import type { CallOptions, StreamOptions } from './call-options.js';
import type { BuiltImage } from './image.js';
import type { ImageRepository } from './registry-port.js';

/** What a builder says of itself. */
export interface BuilderDescription {
  /** Of what builds: the engine's version, or BuildKit's; empty where it does not say. */
  readonly version: string;
  /** `os/arch[/variant]` that it builds for, its own first; absent where it does not say. */
  readonly platforms?: readonly string[];
}

/** Where a built image is to be. */
export type ImageDestination =
  | { readonly kind: 'engine' }
  | {
      readonly kind: 'registry';
      /** The first one is the image's place; content is put by digest, and no name is given. */
      readonly repositories: readonly ImageRepository[];
    };

/** Options of a build. */
export interface BuildOptions extends StreamOptions {
  /** Where the image is to be. An engine's own builder leaves it in its engine. */
  readonly destination?: ImageDestination;
  /** Where an output with `dest=-` goes. The stream is ended after the last byte. */
  readonly openStandardOutput?: (() => Writable) | undefined;
  /** Called with each output of the spec that was written as a whole, before the build settles. */
  readonly onOutput?: (output: BuildOutput) => void;
}

/** What builds images: an engine with one of its two builders, or a BuildKit anywhere. */
export interface ImageBuilder {
  /** Who builds, asked once. @throws DAEMON_UNREACHABLE and its kin */
  describe(options?: CallOptions): Promise<BuilderDescription>;
  /** Build an image; success needs the image's identity from the build's own answer. The image gets no name. @throws BUILD_STEP_FAILED, BUILD_FAILED, DAEMON_LOST, DAEMON_PROTOCOL, OPTION_UNSUPPORTED, … */
  build(spec: BuildSpec, options?: BuildOptions): Promise<BuiltImage>;
  /** Build what makes no image, only the outputs of the spec. @throws as {@link build}; OUTPUT_FAILED, DISK_FULL */
  buildOutputs(spec: BuildSpec, options?: BuildOptions): Promise<void>;
}

/** A builder that is no engine's own. */
export interface RemoteBuilder extends ImageBuilder {
  /** As it was chosen: a builder's name, or an address. */
  readonly name: string;
  /** Close what is open; the builder is done. */
  close(): Promise<void>;
}

import type { BuildSpec } from './build-spec.js';
import type { StreamOptions } from './call-options.js';
import type { BuiltImage } from './image.js';

/** What builds images: an engine with one of its two builders, or a BuildKit anywhere. */
export interface ImageBuilder {
  /** Build an image; success needs the image's identity from the build's own answer. The image gets no name. @throws BUILD_STEP_FAILED, BUILD_FAILED, DAEMON_LOST, DAEMON_PROTOCOL, OPTION_UNSUPPORTED, … */
  build(spec: BuildSpec, options?: StreamOptions): Promise<BuiltImage>;
}

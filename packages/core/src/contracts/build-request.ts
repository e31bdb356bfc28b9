import type { SourceRequest } from './checkout.js';
import type { RequestOptions } from './request-options.js';

/** What a run is asked to do, before any plugin has a say. Plain JSON. */
export interface BuildRequest extends RequestOptions {
  readonly source: SourceRequest;
  /** Names for the image in the engine (`--tag`); published too when the run publishes. */
  readonly tags?: readonly string[];
  /** Whether labels and build arguments are templates, as those of a config are: `{git.describe}`. @default false */
  readonly hasTemplates?: boolean;
}

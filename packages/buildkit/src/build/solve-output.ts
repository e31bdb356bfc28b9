import type { SendTarget } from '../session/filesend/file-send.js';

/** One thing that a build makes of its result, by one of BuildKit's exporters. */
export interface SolveOutput {
  /** `moby`, `image`, `local`, `tar`, `oci`, `docker`. */
  readonly type: string;
  readonly attrs: Readonly<Record<string, string>>;
  /** Where the exporter sends what it makes; absent for one that leaves it at the builder. */
  readonly target?: SendTarget;
}

/** What a build makes when nothing is asked: an image in the store of the engine. There is no name: an image gets its names when the gates are passed. */
export const imageInEngine: SolveOutput = { type: 'moby', attrs: {} };

/** Where exporters send, by their place in the request. */
export function targetsOf(outputs: readonly SolveOutput[]): ReadonlyMap<number, SendTarget> {
  return new Map(outputs.flatMap(({ target }, id) => (target === undefined ? [] : [[id, target] as const])));
}

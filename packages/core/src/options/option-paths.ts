import type { RequestOptions } from '../contracts/request-options.js';
import { withCachePaths } from './cache-entry.js';
import { withContextPaths } from './named-context.js';
import { withOutputPaths } from './outputs.js';

/** Options with the paths in named contexts, local caches and outputs made absolute. What is none of them stays as it is, for the check that tells so. */
export function withOptionPaths<Options extends Pick<RequestOptions, 'contexts' | 'cacheFrom' | 'cacheTo' | 'outputs'>>(
  options: Options,
  resolve: (path: string) => string,
): Options {
  const { contexts, cacheFrom, cacheTo, outputs } = options;
  return {
    ...options,
    ...(contexts === undefined ? {} : { contexts: withContextPaths(contexts, resolve) }),
    ...(cacheFrom === undefined ? {} : { cacheFrom: withCachePaths(cacheFrom, 'from', resolve) }),
    ...(cacheTo === undefined ? {} : { cacheTo: withCachePaths(cacheTo, 'to', resolve) }),
    ...(outputs === undefined ? {} : { outputs: withOutputPaths(outputs, resolve) }),
  };
}

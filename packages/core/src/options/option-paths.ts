import type { RequestOptions } from '../contracts/request-options.js';
import { withCachePaths } from './cache-entry.js';
import { withContextPaths } from './named-context.js';

/** Options with the paths in named contexts and local caches made absolute. What is no context or cache stays as it is, for the check that tells so. */
export function withOptionPaths<Options extends Pick<RequestOptions, 'contexts' | 'cacheFrom' | 'cacheTo'>>(
  options: Options,
  resolve: (path: string) => string,
): Options {
  const { contexts, cacheFrom, cacheTo } = options;
  return {
    ...options,
    ...(contexts === undefined ? {} : { contexts: withContextPaths(contexts, resolve) }),
    ...(cacheFrom === undefined ? {} : { cacheFrom: withCachePaths(cacheFrom, 'from', resolve) }),
    ...(cacheTo === undefined ? {} : { cacheTo: withCachePaths(cacheTo, 'to', resolve) }),
  };
}

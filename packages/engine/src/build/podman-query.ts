import { type BuildSpec, DockError } from '@dock/core';

/**
 * The query of a build as podman takes it: lists are JSON everywhere, limits are words as on docker's command line, and images of a cache have no tag.
 *
 * @throws OPTION_UNSUPPORTED for images to take the cache from
 */
export function podmanQuery(spec: BuildSpec, query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { addHosts = [], ulimits = [], cacheFrom = [] } = spec;
  if (cacheFrom.length > 0)
    throw new DockError(
      'OPTION_UNSUPPORTED',
      'The option "cacheFrom" cannot be used with podman: it takes no image with a tag.',
      {
        hint: 'Leave the option out.',
        details: { option: 'cacheFrom' },
      },
    );
  const { extrahosts: _hosts, ulimits: _ulimits, ...rest } = query;
  return {
    ...rest,
    ...(addHosts.length === 0 ? {} : { extrahosts: JSON.stringify(addHosts) }),
    ...(ulimits.length === 0
      ? {}
      : { ulimits: JSON.stringify(ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`)) }),
  };
}

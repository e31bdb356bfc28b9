/** `host[:port][/prefix]`, as options name a place in a registry: a host has a dot or a port, or is "localhost", so that it is no part of a path. */
export const registryPlacePattern =
  /^(?:localhost|[A-Za-z0-9.-]*[.:][A-Za-z0-9.:-]*|\[[0-9A-Fa-f:]+\](?::\d+)?)(?:\/[a-z0-9][a-z0-9._/-]*)?$/;

/** What {@link registryPlacePattern} wants, for the error of an option. */
export const registryPlaceRule =
  'expected a registry, host[:port][/prefix] (a host has a dot, a port, or is "localhost")';

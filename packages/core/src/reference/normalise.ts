/** The registry that is meant when a name names none. */
export const defaultRegistry = 'docker.io';
/** The namespace of Docker Hub that a one-word name lives in. */
export const officialNamespace = 'library/';

const legacyRegistry = 'index.docker.io';

/**
 * Splits the registry off a reference by Docker's rule: the first component is one only if it is `localhost`, has a dot
 * or a colon, or is not lower-case. Rule: distribution/reference, `ParseNormalizedNamed`.
 * @returns the registry, and the rest with tag and digest still on it
 */
export function splitRegistry(text: string): { readonly registry: string; readonly remainder: string } {
  const slash = text.indexOf('/');
  if (slash === -1) return { registry: defaultRegistry, remainder: officialNamespace + text };
  const first = text.slice(0, slash);
  const isRegistry = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  const registry = !isRegistry || first === legacyRegistry ? defaultRegistry : first;
  const remainder = isRegistry ? text.slice(slash + 1) : text;
  if (registry === defaultRegistry && !remainder.includes('/')) {
    return { registry, remainder: officialNamespace + remainder };
  }
  return { registry, remainder };
}

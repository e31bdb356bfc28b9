/** Changes what stands for places inside a container into what they are on the host, in every text of a plain value. */
export function createPlaceNames(paths: readonly (readonly [inside: string, host: string])[]) {
  const inText = (text: string): string =>
    paths.reduce(
      (changed, [inside, host]) => (changed.includes(inside) ? changed.replaceAll(inside, host) : changed),
      text,
    );
  const inAny = (value: unknown): unknown => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return value.map(inAny);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, inAny(member)]));
  };
  return <Value>(value: Value): Value => (paths.length === 0 ? value : (inAny(value) as Value));
}

/**
 * The values of a header of FileSync. Newer BuildKit escapes values that a header cannot carry and says so in `<name>-encoded`
 * (moby/buildkit, `session/filesync`).
 */
export function headerValues(metadata: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  const values = metadata.get(name) ?? [];
  const isEncoded = /^(1|t|true)$/i.test(metadata.get(`${name}-encoded`)?.[0] ?? '');
  if (!isEncoded) return values;
  return values.map((value) => {
    try {
      return decodeURIComponent(value.replaceAll('+', ' '));
    } catch {
      return value;
    }
  });
}

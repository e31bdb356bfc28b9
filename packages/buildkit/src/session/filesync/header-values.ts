/**
 * The values of a header of FileSync. Newer BuildKit escapes values that a header cannot carry and says so in `<name>-encoded`; older ones (Engine 20.10)
 * send their bytes as they are, which Node reads as Latin-1 (moby/buildkit, `session/filesync`).
 */
export function headerValues(metadata: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  const values = metadata.get(name) ?? [];
  const isEncoded = /^(1|t|true)$/i.test(metadata.get(`${name}-encoded`)?.[0] ?? '');
  return values.map(isEncoded ? unescaped : fromBytes);
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function fromBytes(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value) || /[\u0100-\uffff]/.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    // Bytes that are no UTF-8 were no text of ours.
    return value;
  }
}

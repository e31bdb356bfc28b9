/** `targetRegistries[0].url`, `labels["a.b"]` from the parts of a path. */
export function formatKeyPath(parts: readonly PropertyKey[]): string {
  return parts.map(formatPart).join('').replace(/^\./, '');
}

function formatPart(part: PropertyKey): string {
  if (typeof part === 'number') return `[${part}]`;
  const text = String(part);
  return /^[\w$-]+$/.test(text) ? `.${text}` : `[${JSON.stringify(text)}]`;
}

/**
 * A long text without its middle, which says how much is left out. What a builder or an engine says of itself stands at both ends: the kind of failure
 * at the start, its cause or an exit code at the end.
 *
 * @param limit characters that are kept
 */
export function withoutMiddle(text: string, limit: number = 8192): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}… (${text.length - 2 * half} characters are left out) …${text.slice(-half)}`;
}

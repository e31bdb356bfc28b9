/** Node's timers overflow beyond this, ms: they would fire at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Call something once a time is over. A limit of 0, Infinity, or longer than a timer can be (24.8 days), is none.
 *
 * @returns what takes the limit back
 */
export function setLimit(limitMs: number, whenOver: () => void): () => void {
  if (!(limitMs > 0) || limitMs > longestTimer) return () => undefined;
  const timer = setTimeout(whenOver, limitMs);
  return () => clearTimeout(timer);
}

/**
 * Whether a pattern is one that Go's `path/filepath.Match` accepts on Unix: every `[` is closed, a class is not empty, its ranges are complete, and no
 * escape stands at the end.
 */
export function isGoMatchPattern(pattern: string): boolean {
  const chars = Array.from(pattern);
  let at = 0;
  /** One character of a class; false when there is none. */
  const takeClassChar = (): boolean => {
    if (at >= chars.length || chars[at] === '-' || chars[at] === ']') return false;
    if (chars[at] === '\\') at += 1;
    if (at >= chars.length) return false;
    at += 1;
    // A class must go on after each character, at least with its closing bracket.
    return at < chars.length;
  };
  while (at < chars.length) {
    const char = chars[at];
    at += 1;
    if (char === '\\') {
      if (at >= chars.length) return false;
      at += 1;
    } else if (char === '[') {
      if (chars[at] === '^') at += 1;
      let count = 0;
      while (count === 0 || chars[at] !== ']') {
        if (!takeClassChar()) return false;
        if (chars[at] === '-') {
          at += 1;
          if (!takeClassChar()) return false;
        }
        count += 1;
      }
      at += 1;
    }
  }
  return true;
}

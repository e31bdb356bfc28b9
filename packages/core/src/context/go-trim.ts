const edges = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/** The text without leading and trailing white space as Go's `strings.TrimSpace` sees it; JavaScript's `trim` differs (U+0085, U+FEFF). */
export function goTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && edges.test(text.charAt(start))) start += 1;
  while (end > start && edges.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

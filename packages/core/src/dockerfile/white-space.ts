/** White space as Go's `unicode.IsSpace` sees it; JavaScript's `\s` differs (U+0085, U+FEFF). */
const space = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const leading = new RegExp(`^[${space}]+`);
const one = new RegExp(`^[${space}]$`);

/** Whether a character is white space. */
export function isSpace(char: string): boolean {
  return one.test(char);
}

/** The text without leading white space. */
export function trimStart(text: string): string {
  return text.replace(leading, '');
}

/** The text without the trailing characters that a test picks; a loop, because a pattern at the end is quadratic. */
export function trimEndWhere(text: string, isTrimmed: (char: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isTrimmed(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** The text without leading and trailing white space. */
export function trim(text: string): string {
  return trimEndWhere(trimStart(text), isSpace);
}

/** Splits at runs of blanks (not line feeds), into at most `limit` parts; the last part keeps the rest. */
export function splitAtBlanks(text: string, limit = Number.POSITIVE_INFINITY): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const match of text.matchAll(/[\t\v\f\r ]+/g)) {
    if (parts.length + 1 >= limit) break;
    parts.push(text.slice(start, match.index));
    start = match.index + match[0].length;
  }
  parts.push(text.slice(start));
  return parts;
}

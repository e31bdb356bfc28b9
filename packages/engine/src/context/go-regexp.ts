/** Escapes of Go's regexp syntax (RE2) that are letters, as JavaScript writes them. Others are errors in Go, or too rare to carry. */
const letterEscapes: Readonly<Record<string, string>> = {
  a: '\\x07',
  b: '\\b',
  B: '\\B',
  d: '\\d',
  D: '\\D',
  f: '\\f',
  n: '\\n',
  r: '\\r',
  s: '[\\t\\n\\f\\r ]',
  S: '[^\\t\\n\\f\\r ]',
  t: '\\t',
  v: '\\v',
  w: '\\w',
  W: '\\W',
};

/** A repetition count; a brace that begins none is an ordinary character in Go. */
const repetition = /^\{(?:\d+(?:,\d*)?)\}/;

/**
 * A regular expression of Go's syntax, as the compiled patterns of moby/patternmatcher are, as a JavaScript one with the same language.
 *
 * @throws SyntaxError for one that Go refuses too
 */
export function goRegExp(source: string): RegExp {
  const chars = Array.from(source);
  let out = '';
  let isInClass = false;
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    if (char === '\\') {
      at += 1;
      out += escaped(chars[at], isInClass);
    } else if (isInClass) {
      if (char === '[' && chars[at + 1] === ':') throw new SyntaxError('a named class');
      isInClass = char !== ']';
      out += char === '[' ? '\\[' : char;
    } else if (char === '[') {
      isInClass = true;
      out += '[';
      if (chars[at + 1] === '^') {
        at += 1;
        out += '^';
      }
      // In Go a bracket right behind the opening one is an ordinary member.
      if (chars[at + 1] === ']') {
        at += 1;
        out += '\\]';
      }
    } else if (char === '.') {
      out += '[^\\n]';
    } else if (char === '{') {
      const count = repetition.exec(chars.slice(at, at + 12).join(''))?.[0];
      out += count ?? '\\{';
      at += (count?.length ?? 1) - 1;
    } else if (char === '}') {
      out += '\\}';
    } else {
      out += char === ']' ? '\\]' : char;
    }
  }
  return new RegExp(out, 'u');
}

function escaped(char: string | undefined, isInClass: boolean): string {
  if (char === undefined) throw new SyntaxError('a trailing backslash');
  if (/[A-Za-z0-9]/.test(char)) {
    const known = letterEscapes[char];
    if (known === undefined || (isInClass && !/^\\[^bB]/.test(known))) throw new SyntaxError(`the escape "\\${char}"`);
    return known;
  }
  if (char === '-') return isInClass ? '\\-' : '-';
  return /[$()*+./?[\\\]^{|}]/.test(char) ? `\\${char}` : char;
}

import { findsTokens, type RegExpToken } from './regexp-automaton.js';

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
const repetition = /^\{(\d+)(,?)(\d*)\}/;
/** Go's own limit. */
const mostRepetitions = 1000;

/** With up to this many wildcards a backtracking engine ends soon on any path; with more, a hostile pattern takes it for ever. */
const backtrackedWildcards = 2;
/** A longer expression may be more than JavaScript's engine takes. */
const backtrackedTokens = 1000;

/**
 * Whether a regular expression of Go's syntax, as the compiled patterns of moby/patternmatcher are, matches anywhere in a text. Go's engine takes time in
 * proportion to the text whatever the pattern is, and so does this.
 *
 * @throws SyntaxError for one that Go refuses too
 */
export function goMatcher(source: string): (text: string) => boolean {
  const alternatives = readAlternatives(Array.from(source));
  const tokens = alternatives.flat();
  const wildcards = tokens.filter(({ kind }) => kind === 'many' || kind === 'directories').length;
  if (wildcards > backtrackedWildcards || tokens.length > backtrackedTokens) {
    return (text) => {
      const chars = Array.from(text);
      return alternatives.some((alternative) => findsTokens(alternative, chars));
    };
  }
  const expression = new RegExp(alternatives.map((each) => each.map(({ js }) => js).join('')).join('|'), 'u');
  return (text) => expression.test(text);
}

/** The pieces of an expression, by alternative: a star stands only behind a class or a dot, a parenthesis begins `(.*\/)?`. */
function readAlternatives(chars: readonly string[]): RegExpToken[][] {
  const tests = new Map<string, RegExp>();
  const alternatives: RegExpToken[][] = [[]];
  for (let at = 0; at < chars.length; ) {
    const tokens = alternatives.at(-1) ?? [];
    if (chars[at] === '|') {
      alternatives.push([]);
      at += 1;
      continue;
    }
    if (chars[at] === '(') {
      pushWildcard(tokens, { kind: 'directories', js: '(?:[^\\n]*/)?' });
      at += '(.*/)?'.length;
      refuseRepetition(chars, at);
      continue;
    }
    const { js, next } = readOne(chars, at);
    at = next;
    if (js === '^' || js === '$' || js === '\\b' || js === '\\B') {
      refuseRepetition(chars, at);
      // An edge twice is the edge once.
      if (tokens.at(-1)?.js !== js) tokens.push({ kind: 'edge', js });
      continue;
    }
    const test = tests.get(js) ?? new RegExp(`^${js}$`, 'u');
    tests.set(js, test);
    const count = readRepetition(chars, at);
    if (chars[at] === '*') {
      at += 1;
      pushWildcard(tokens, { kind: 'many', js: `${js}*`, test });
    } else if (count === undefined) tokens.push({ kind: 'one', js, test });
    else {
      at += count.length;
      for (let copy = 0; copy < count.least; copy += 1) tokens.push({ kind: 'one', js, test });
      if (count.most === undefined) tokens.push({ kind: 'many', js: `${js}*`, test });
      for (let copy = count.least; copy < (count.most ?? 0); copy += 1)
        tokens.push({ kind: 'optional', js: `${js}?`, test });
    }
    if (chars[at - 1] === '*' || count !== undefined) refuseRepetition(chars, at);
  }
  return alternatives;
}

/** A wildcard behind its like adds nothing: what the two match, one matches. */
function pushWildcard(tokens: RegExpToken[], wildcard: RegExpToken): void {
  const last = tokens.at(-1);
  if (last?.kind !== wildcard.kind || last.js !== wildcard.js) tokens.push(wildcard);
}

interface Repetition {
  readonly least: number;
  /** Absent for no limit. */
  readonly most: number | undefined;
  readonly length: number;
}

function readRepetition(chars: readonly string[], at: number): Repetition | undefined {
  if (chars[at] !== '{') return undefined;
  const [whole = '', first = '', comma = '', last = ''] = repetition.exec(chars.slice(at, at + 16).join('')) ?? [];
  if (whole === '') return undefined;
  const least = Number(first);
  const most = comma === '' ? least : last === '' ? undefined : Number(last);
  if (Math.max(least, most ?? 0) > mostRepetitions || least > (most ?? least))
    throw new SyntaxError(`the repetition "${whole}"`);
  return { least, most, length: whole.length };
}

function refuseRepetition(chars: readonly string[], at: number): void {
  if (readRepetition(chars, at) !== undefined) throw new SyntaxError('a repetition of what cannot be repeated');
}

/** One character, class or edge, as JavaScript writes it, and where the next one begins. */
function readOne(chars: readonly string[], at: number): { readonly js: string; readonly next: number } {
  const char = chars[at] ?? '';
  if (char === '\\') return { js: escaped(chars[at + 1], false), next: at + 2 };
  if (char === '[') return readClass(chars, at + 1);
  if (char === '.') return { js: '[^\\n]', next: at + 1 };
  return { js: ']{}'.includes(char) ? `\\${char}` : char, next: at + 1 };
}

function readClass(chars: readonly string[], start: number): { readonly js: string; readonly next: number } {
  let at = start;
  let js = '[';
  if (chars[at] === '^') {
    at += 1;
    js += '^';
  }
  // In Go a bracket right behind the opening one is an ordinary member.
  if (chars[at] === ']') {
    at += 1;
    js += '\\]';
  }
  for (; at < chars.length && chars[at] !== ']'; at += 1) {
    const char = chars[at] ?? '';
    if (char === '\\') {
      at += 1;
      js += escaped(chars[at], true);
    } else {
      if (char === '[' && chars[at + 1] === ':') throw new SyntaxError('a named class');
      js += char === '[' ? '\\[' : char;
    }
  }
  return { js: `${js}]`, next: at + 1 };
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

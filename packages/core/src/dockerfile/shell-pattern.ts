/** One part of a shell pattern: a literal character, any one character, or any number of them. */
type Token = { readonly literal: string } | 'one' | 'many';

/** A compiled pattern of `${name#pattern}` and its relatives. */
export type ShellPattern = readonly Token[];

/**
 * Compiles a pattern of `*`, `?` and literals; a backslash makes `*`, `?`, `\`, `}` and `/` literal. Undefined for any
 * other escape. Rule: BuildKit's Dockerfile frontend, which leaves out bracket expressions.
 */
export function compileShellPattern(text: string): ShellPattern | undefined {
  const tokens: Token[] = [];
  const chars = Array.from(text);
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    if (char === '*') tokens.push('many');
    else if (char === '?') tokens.push('one');
    else if (char !== '\\') tokens.push({ literal: char });
    else {
      at += 1;
      const escaped = chars[at];
      if (escaped === undefined || !'*?\\}/'.includes(escaped)) return undefined;
      tokens.push({ literal: escaped });
    }
  }
  return tokens;
}

/** Adds a state and the ones that it reaches without a character. */
function enter(states: Set<number>, pattern: ShellPattern, from: number): void {
  for (let state = from; !states.has(state); state += 1) {
    states.add(state);
    if (pattern[state] !== 'many') return;
  }
}

/** Where a match that starts at `start` ends, the nearest or farthest; undefined when none does. Linear, whatever the pattern. */
function matchEnd(
  pattern: ShellPattern,
  chars: readonly string[],
  start: number,
  isGreedy: boolean,
): number | undefined {
  let states = new Set<number>();
  enter(states, pattern, 0);
  let end: number | undefined;
  for (let at = start; states.size > 0; at += 1) {
    if (states.has(pattern.length)) {
      end = at;
      if (!isGreedy) return end;
    }
    const char = chars[at];
    if (char === undefined) return end;
    const next = new Set<number>();
    for (const state of states) {
      const token = pattern[state];
      if (token === undefined) continue;
      if (token === 'many') {
        if (char !== '\n') enter(next, pattern, state);
      } else if (token === 'one' ? char !== '\n' : token.literal === char) enter(next, pattern, state + 1);
    }
    states = next;
  }
  return end;
}

/** The value without its shortest or longest matching start. */
export function trimShellPrefix(pattern: ShellPattern, value: string, isGreedy: boolean): string {
  const chars = Array.from(value);
  const end = matchEnd(pattern, chars, 0, isGreedy);
  return end === undefined ? value : chars.slice(end).join('');
}

/** The value without its shortest or longest matching end. */
export function trimShellSuffix(pattern: ShellPattern, value: string, isGreedy: boolean): string {
  const chars = Array.from(value).reverse();
  const end = matchEnd([...pattern].reverse(), chars, 0, isGreedy);
  return end === undefined ? value : chars.slice(end).reverse().join('');
}

/** Replaces the first match, taken as long as possible. */
export function replaceShellMatch(pattern: ShellPattern, value: string, replacement: string): string {
  const chars = Array.from(value);
  for (let start = 0; start <= chars.length; start += 1) {
    const end = matchEnd(pattern, chars, start, true);
    if (end !== undefined) return chars.slice(0, start).join('') + replacement + chars.slice(end).join('');
  }
  return value;
}

/** Replaces every match; an empty one right after another match does not count. */
export function replaceShellMatches(pattern: ShellPattern, value: string, replacement: string): string {
  const chars = Array.from(value);
  let result = '';
  let lastEnd = -1;
  for (let at = 0; at <= chars.length; ) {
    const end = matchEnd(pattern, chars, at, true);
    if (end !== undefined && (end > at || at !== lastEnd)) {
      result += fillTemplate(replacement, chars.slice(at, end).join(''));
      lastEnd = end;
    }
    if (end !== undefined && end > at) at = end;
    else {
      result += chars[at] ?? '';
      at += 1;
    }
  }
  return result;
}

/** BuildKit gives this replacement to Go's regexp package, where `$0` is the match, `$$` a dollar and any other `$name` nothing. */
function fillTemplate(template: string, match: string): string {
  return template.replace(
    /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (_all, dollar?: string, braced?: string, bare?: string) =>
      dollar === undefined ? ((braced ?? bare) === '0' ? match : '') : '$',
  );
}

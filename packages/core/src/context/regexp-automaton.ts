/** A piece of a regular expression. */
export type RegExpToken =
  /** One character, perhaps one, or any number of such. */
  | { readonly kind: 'one' | 'optional' | 'many'; readonly js: string; readonly test: RegExp }
  /** `(.*\/)?`: nothing, or anything up to a slash. */
  | { readonly kind: 'directories'; readonly js: string }
  /** Between two characters: `^`, `$`, `\b`, `\B`. */
  | { readonly kind: 'edge'; readonly js: string };

const isWordCharacter = (char: string | undefined): boolean => char !== undefined && /^\w$/.test(char);

/** The edges that a place in a text is. */
function edgesAt(chars: readonly string[], at: number): ReadonlySet<string> {
  const isBorder = isWordCharacter(chars[at - 1]) !== isWordCharacter(chars[at]);
  return new Set([isBorder ? '\\b' : '\\B', ...(at === 0 ? ['^'] : []), ...(at === chars.length ? ['$'] : [])]);
}

/**
 * Whether an expression matches anywhere in a text. Every place in the expression that the text so far can have led to is followed at once
 * (K. Thompson, 1968), so that time grows with the product of the two lengths and never more.
 */
export function findsTokens(tokens: readonly RegExpToken[], chars: readonly string[]): boolean {
  // A state is twice the index of a token, and one more for the inside of `(.*\/)?`.
  const end = 2 * tokens.length;
  const enter = (into: Set<number>, from: number, edges: ReadonlySet<string>): void => {
    for (let index = from; !into.has(2 * index); index += 1) {
      into.add(2 * index);
      const token = tokens[index];
      if (token === undefined || token.kind === 'one') return;
      if (token.kind === 'edge' && !edges.has(token.js)) return;
      if (token.kind === 'directories') into.add(2 * index + 1);
    }
  };
  let states = new Set<number>();
  let edges = edgesAt(chars, 0);
  for (let at = 0; ; at += 1) {
    enter(states, 0, edges);
    if (states.has(end)) return true;
    const char = chars[at];
    if (char === undefined) return false;
    const next = new Set<number>();
    edges = edgesAt(chars, at + 1);
    for (const state of states) {
      const index = state >> 1;
      const token = tokens[index];
      if (token === undefined || token.kind === 'edge') continue;
      if (token.kind === 'directories') {
        if (state % 2 === 0) continue;
        if (char !== '\n') next.add(state);
        if (char === '/') enter(next, index + 1, edges);
      } else if (token.test.test(char)) enter(next, token.kind === 'many' ? index : index + 1, edges);
    }
    states = next;
  }
}

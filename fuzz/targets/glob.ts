/** A pattern of names, stars and question marks that do not match a slash, matched the long way: every way to spend the stars is followed. */
export function matchesGlob(pattern: string, name: string): boolean {
  const tokens = Array.from(pattern);
  const add = (states: Set<number>, from: number): void => {
    for (let at = from; !states.has(at); at += 1) {
      states.add(at);
      if (tokens[at] !== '*') return;
    }
  };
  let states = new Set<number>();
  add(states, 0);
  for (const char of name) {
    const next = new Set<number>();
    for (const state of states) {
      const token = tokens[state];
      if (token === '*' && char !== '/') add(next, state);
      else if ((token === '?' && char !== '/') || (token === char && token !== '*' && token !== '?'))
        add(next, state + 1);
    }
    states = next;
  }
  return states.has(tokens.length);
}

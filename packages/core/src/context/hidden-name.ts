import type { ContextEntry } from './context-entry.js';
import type { PatternMatcher } from './pattern-matcher.js';

/** Where no pattern gives another one; the engine removes it. */
const plainName = '.dockerfile';

/** A name of the root that nothing in the context has. */
export function freeName(entries: readonly ContextEntry[]): string {
  const isTaken = takenNames(entries);
  let name = plainName;
  for (let count = 1; isTaken(name); count += 1) name = `${plainName}.${count}`;
  return name;
}

/**
 * A name that these patterns leave out and that nothing in the context has: what the engine is sent under it, it removes before the build begins. `undefined`
 * when the patterns leave out nothing of the root.
 *
 * @param preferred is asked first; it may lie in a directory
 */
export function hiddenName(
  matcher: PatternMatcher,
  entries: readonly ContextEntry[],
  preferred: string | undefined,
): string | undefined {
  const isTaken = takenNames(entries);
  const names = matcher.patterns.flatMap(({ text, isException }) => (isException ? [] : nameOf(text)));
  return [...(preferred === undefined ? [] : [preferred]), ...names].find(
    (name) => name !== '.dockerignore' && matcher.matches(name) && !isTaken(name),
  );
}

/** A plain name of the root that a pattern should match. */
function nameOf(pattern: string): string[] {
  const name = pattern
    .replace(/^(?:\*\*\/)+/, '')
    .replaceAll(/\*+/g, plainName)
    .replaceAll('?', 'x');
  return /^[\w.-]+$/.test(name) && !/^\.+$/.test(name) ? [name] : [];
}

function takenNames(entries: readonly ContextEntry[]): (name: string) => boolean {
  const paths = new Set(entries.flatMap(({ path }) => [path, path.split('/', 1)[0] ?? '']));
  return (name) => paths.has(name);
}

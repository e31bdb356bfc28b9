import type { ImageReference } from '../contracts/image-reference.js';
import { DockError } from '../errors/dock-error.js';
import { familiarImageReference, familiarRepositoryName } from './format-image-reference.js';

/** Whether a character is one that stands at this place of a pattern. */
type CharacterTest = (char: string) => boolean;

/** A piece of a pattern: characters that follow each other, and whether a star stands before them. */
interface Chunk {
  readonly hasStar: boolean;
  readonly tests: readonly CharacterTest[];
}

/** The test for one `[...]` class from `start`, and where it ends; undefined when it is malformed. */
function readClass(
  pattern: readonly string[],
  start: number,
): { readonly test: CharacterTest; readonly end: number } | undefined {
  let at = start + 1;
  const isNegated = pattern[at] === '^';
  if (isNegated) at += 1;
  const ranges: { readonly low: number; readonly high: number }[] = [];
  const readOne = (): number | undefined => {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === '-' || pattern[at] === ']') return undefined;
    const code = pattern[at]?.codePointAt(0);
    at += 1;
    return code;
  };
  while (pattern[at] !== ']' || ranges.length === 0) {
    const low = readOne();
    if (low === undefined) return undefined;
    let high: number | undefined = low;
    if (pattern[at] === '-') {
      at += 1;
      high = readOne();
    }
    if (high === undefined || at >= pattern.length) return undefined;
    ranges.push({ low, high });
  }
  const test = (char: string): boolean => {
    const code = char.codePointAt(0) ?? 0;
    return ranges.some(({ low, high }) => low <= code && code <= high) !== isNegated;
  };
  return { test, end: at + 1 };
}

function compile(text: string): Chunk[] | undefined {
  const pattern = Array.from(text);
  const chunks: { hasStar: boolean; tests: CharacterTest[] }[] = [{ hasStar: false, tests: [] }];
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at];
    const last = chunks.at(-1);
    if (char === '*') {
      at += 1;
      if (last?.hasStar !== true || last.tests.length > 0) chunks.push({ hasStar: true, tests: [] });
    } else if (char === '[') {
      const read = readClass(pattern, at);
      if (read === undefined) return undefined;
      last?.tests.push(read.test);
      at = read.end;
    } else if (char === '?') {
      last?.tests.push((one) => one !== '/');
      at += 1;
    } else {
      const literal = char === '\\' ? pattern[at + 1] : char;
      if (literal === undefined) return undefined;
      last?.tests.push((one) => one === literal);
      at += char === '\\' ? 2 : 1;
    }
  }
  return chunks;
}

/** Go's `path.Match`: each chunk takes the first place where it fits, so that no pattern takes longer than its length times the name's. */
function matchesChunks(chunks: readonly Chunk[], text: string): boolean {
  const name = Array.from(text);
  let at = 0;
  for (const [index, { hasStar, tests }] of chunks.entries()) {
    const isLast = index === chunks.length - 1;
    if (hasStar && tests.length === 0) return !name.includes('/', at);
    const fits = (start: number): boolean => {
      const end = start + tests.length;
      if (end > name.length || (isLast && end < name.length)) return false;
      return tests.every((test, offset) => test(name[start + offset] ?? ''));
    };
    while (!fits(at)) {
      if (!hasStar || at >= name.length || name[at] === '/') return false;
      at += 1;
    }
    at += tests.length;
  }
  return at === name.length;
}

/**
 * Whether a shell pattern (`*`, `?`, `[a-z]`, none of them crossing a `/`) matches the familiar form of a reference,
 * with or without its tag and digest. Rule: distribution/reference, `FamiliarMatch`.
 * @throws INVALID_OPTION for a malformed pattern
 */
export function matchesImagePattern(pattern: string, reference: ImageReference): boolean {
  const rule = compile(pattern);
  if (rule === undefined) {
    throw new DockError('INVALID_OPTION', `"${pattern}" is not an image pattern.`, {
      hint: 'Use "*", "?" and "[a-z]"; write a backslash before a literal one of these.',
    });
  }
  return (
    matchesChunks(rule, familiarImageReference(reference)) || matchesChunks(rule, familiarRepositoryName(reference))
  );
}

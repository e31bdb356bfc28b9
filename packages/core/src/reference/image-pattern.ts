import type { ImageReference } from '../contracts/image-reference.js';
import { DockError } from '../errors/dock-error.js';
import { familiarImageReference, familiarRepositoryName } from './format-image-reference.js';

/** The regular expression for one `[...]` class from `start`, and where it ends; undefined when it is malformed. */
function readClass(pattern: string, start: number): { readonly source: string; readonly end: number } | undefined {
  let at = start + 1;
  const isNegated = pattern[at] === '^';
  if (isNegated) at += 1;
  let source = '';
  const readOne = (): string | undefined => {
    if (pattern[at] === '\\') at += 1;
    else if (pattern[at] === '-' || pattern[at] === ']') return undefined;
    const code = pattern.codePointAt(at);
    if (code === undefined) return undefined;
    at += code > 0xffff ? 2 : 1;
    return `\\u{${code.toString(16)}}`;
  };
  for (let count = 0; pattern[at] !== ']' || count === 0; count += 1) {
    const low = readOne();
    if (low === undefined) return undefined;
    let high = low;
    if (pattern[at] === '-') {
      at += 1;
      const read = readOne();
      if (read === undefined) return undefined;
      high = read;
    }
    // a range the wrong way round matches nothing
    if (Number.parseInt(low.slice(3), 16) <= Number.parseInt(high.slice(3), 16)) source += `${low}-${high}`;
    if (at >= pattern.length) return undefined;
  }
  return { source: isNegated ? `[^${source}]` : `[${source}]`, end: at + 1 };
}

function compile(pattern: string): RegExp | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; ) {
    const code = pattern.codePointAt(at) ?? 0;
    const char = String.fromCodePoint(code);
    if (char === '[') {
      const read = readClass(pattern, at);
      if (read === undefined) return undefined;
      source += read.source;
      at = read.end;
      continue;
    }
    at += char.length;
    if (char === '*') source += source.endsWith('[^/]*') ? '' : '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '\\') {
      const escaped = pattern.codePointAt(at);
      if (escaped === undefined) return undefined;
      source += `\\u{${escaped.toString(16)}}`;
      at += escaped > 0xffff ? 2 : 1;
    } else source += `\\u{${code.toString(16)}}`;
  }
  return new RegExp(`^${source}$`, 'su');
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
  return rule.test(familiarImageReference(reference)) || rule.test(familiarRepositoryName(reference));
}

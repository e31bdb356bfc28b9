import { cleanPath } from './clean-path.js';
import { isGoMatchPattern } from './go-match-syntax.js';
import { goMatcher } from './go-regexp.js';
import { goTrim } from './go-trim.js';

/** How a pattern is matched. */
export type IgnoreMatchType = 'exactMatch' | 'prefixMatch' | 'suffixMatch' | 'regexpMatch';

/** A compiled pattern of a `.dockerignore`. */
export interface IgnorePattern {
  /** Without its `!`, in clean form. */
  readonly text: string;
  /** Written with `!`: what it matches is included again. */
  readonly isException: boolean;
  readonly matchType: IgnoreMatchType;
  /** As moby/patternmatcher writes it, in Go's syntax; empty unless `regexpMatch`. */
  readonly goSource: string;
  /** Line of its file, from 1. */
  readonly line?: number;
  /** @throws BadPatternError */
  matches(path: string): boolean;
}

/** Why a pattern is none. */
export class BadPatternError extends Error {
  override readonly name = 'BadPatternError';
}

/**
 * Compile one pattern by the rules of moby/patternmatcher (`New` and `compile`). A pattern that passes `New` and is no regular expression in the end
 * fails when it is matched first, as there: an exception that is never looked at does no harm.
 *
 * @returns `undefined` for an empty pattern
 * @throws BadPatternError
 */
export function compileIgnorePattern(given: string): IgnorePattern | undefined {
  const trimmed = goTrim(given);
  if (trimmed === '') return undefined;
  const cleaned = cleanPath(trimmed);
  const isException = cleaned.startsWith('!');
  if (cleaned === '!') throw new BadPatternError('"!" stands alone');
  const text = isException ? cleaned.slice(1) : cleaned;
  if (!isGoMatchPattern(text)) throw new BadPatternError('an unclosed or empty "[…]", or a "\\" at its end');
  const { matchType, goSource } = translate(text);
  return { text, isException, matchType, goSource, matches: matcherOf(text, matchType, goSource) };
}

function matcherOf(text: string, matchType: IgnoreMatchType, goSource: string): (path: string) => boolean {
  if (matchType === 'exactMatch') return (path) => path === text;
  if (matchType === 'prefixMatch') {
    const prefix = text.slice(0, -2);
    return (path) => path.startsWith(prefix);
  }
  if (matchType === 'suffixMatch') {
    const suffix = text.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
  }
  let matcher: ((path: string) => boolean) | undefined;
  return (path) => {
    matcher ??= compileSource(goSource);
    return matcher(path);
  };
}

function compileSource(goSource: string): (path: string) => boolean {
  try {
    return goMatcher(goSource);
  } catch (error) {
    throw new BadPatternError(error instanceof Error ? error.message : String(error));
  }
}

// moby/patternmatcher means to escape "|", "{" and "}" too, but its bitmap holds only characters below 64: in a pattern with a wildcard they are operators.
const needsEscape = new Set('.+()$');

function translate(text: string): { matchType: IgnoreMatchType; goSource: string } {
  const chars = Array.from(text);
  let matchType: IgnoreMatchType = 'exactMatch';
  let source = '^';
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    const isFirst = at === 0;
    if (char === '*' && chars[at + 1] === '*') {
      at += chars[at + 2] === '/' ? 2 : 1;
      if (at < chars.length - 1) {
        source += '(.*/)?';
        matchType = 'regexpMatch';
      } else if (matchType === 'exactMatch') {
        matchType = 'prefixMatch';
      } else {
        source += '.*';
        matchType = 'regexpMatch';
      }
      if (isFirst) matchType = 'suffixMatch';
    } else if (char === '*' || char === '?') {
      source += char === '*' ? '[^/]*' : '[^/]';
      matchType = 'regexpMatch';
    } else if (needsEscape.has(char)) {
      source += `\\${char}`;
    } else if (char === '\\') {
      at += 1;
      source += `\\${chars[at] ?? ''}`;
      matchType = 'regexpMatch';
    } else {
      source += char;
      if (char === '[' || char === ']') matchType = 'regexpMatch';
    }
  }
  return matchType === 'regexpMatch' ? { matchType, goSource: `${source}$` } : { matchType, goSource: '' };
}

import { DockError } from '../errors/dock-error.js';
import { BadPatternError, compileIgnorePattern, type IgnorePattern } from './ignore-pattern.js';

/** Which patterns matched a directory or one of its parents: what a walk hands down to what is inside. */
export type ParentMatches = Uint8Array;

/** Patterns of one `.dockerignore`, in order; the last one that matches decides. */
export interface PatternMatcher {
  readonly patterns: readonly IgnorePattern[];
  /** Whether a pattern begins with `!`. */
  readonly hasExceptions: boolean;
  /** Whether the path, relative and with `/`, is excluded by itself or by a directory above it (`MatchesOrParentMatches`). */
  matches(path: string): boolean;
  /** The pattern by which it is; the last that matches decides. */
  excludedBy(path: string): IgnorePattern | undefined;
  /** The same for a walk from the root: `parent` is what this gave for the directory above; none at the root (`MatchesUsingParentResults`). */
  matchesInWalk(path: string, parent: ParentMatches | undefined): { isMatch: boolean; matched: ParentMatches };
  /** Whether something inside an excluded directory may be included again, so that a walk has to go on. */
  mayIncludeBelow(directory: string): boolean;
  /** Whether a pattern without `!` may match something inside this directory. */
  mayMatchBelow(directory: string): boolean;
}

/** Where patterns come from, for messages. */
export interface PatternOrigin {
  readonly file: string;
  /** Line of each pattern, from 1. */
  readonly lines: readonly number[];
}

/**
 * A matcher by the rules of moby/patternmatcher, which docker/cli and BuildKit use.
 *
 * @throws DOCKERIGNORE_INVALID naming the pattern and its line
 */
export function createPatternMatcher(texts: readonly string[], origin?: PatternOrigin): PatternMatcher {
  const patterns = texts.flatMap((text, index) => compileAt(text, index, origin) ?? []);
  const exceptions = patterns.filter((pattern) => pattern.isException);
  const exceptionAnchors = exceptions.map((pattern) => literalStart(pattern.text));
  const anchors = patterns.flatMap((pattern) => (pattern.isException ? [] : literalStart(pattern.text)));
  const excludedBy = (path: string): IgnorePattern | undefined => {
    const parents = parentsOf(path);
    let by: IgnorePattern | undefined;
    for (const pattern of patterns) {
      if (pattern.isException !== (by !== undefined)) continue;
      if (pattern.matches(path) || parents.some((parent) => pattern.matches(parent)))
        by = pattern.isException ? undefined : pattern;
    }
    return by;
  };
  return {
    patterns,
    hasExceptions: exceptions.length > 0,
    matches: (path) => excludedBy(path) !== undefined,
    excludedBy,
    matchesInWalk(path, parent) {
      const matched = new Uint8Array(patterns.length);
      let isExcluded = false;
      patterns.forEach((pattern, index) => {
        let isMatch = parent?.[index] === 1;
        if (!isMatch) {
          if (pattern.isException !== isExcluded) return;
          isMatch = pattern.matches(path);
        }
        if (!isMatch) return;
        matched[index] = 1;
        isExcluded = !pattern.isException;
      });
      return { isMatch: isExcluded, matched };
    },
    mayIncludeBelow: (directory) => exceptionAnchors.some((anchor) => mayBeBelow(anchor, directory)),
    mayMatchBelow: (directory) => anchors.some((anchor) => mayBeBelow(anchor, directory)),
  };
}

function compileAt(text: string, index: number, origin: PatternOrigin | undefined): IgnorePattern | undefined {
  const orRefuse = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      if (error instanceof BadPatternError) throw malformed(text, index, origin, error.message);
      throw error;
    }
  };
  const compiled = orRefuse(() => compileIgnorePattern(text));
  if (compiled === undefined) return undefined;
  const line = origin?.lines[index];
  const pattern = line === undefined ? compiled : { ...compiled, line };
  if (pattern.matchType !== 'regexpMatch') return pattern;
  return { ...pattern, matches: (path) => orRefuse(() => pattern.matches(path)) };
}

function malformed(text: string, index: number, origin: PatternOrigin | undefined, reason: string): DockError {
  const line = origin?.lines[index];
  const place = origin === undefined ? '' : ` in line ${line ?? '?'} of "${origin.file}"`;
  return new DockError('DOCKERIGNORE_INVALID', `The pattern ${JSON.stringify(text)}${place} is malformed: ${reason}.`, {
    details: {
      pattern: text,
      ...(origin === undefined ? {} : { file: origin.file }),
      ...(line === undefined ? {} : { line }),
    },
  });
}

function mayBeBelow(anchor: Anchor, directory: string): boolean {
  const inside = `${directory}/`;
  if (anchor.isWhole) return `${anchor.text}/`.startsWith(inside);
  return anchor.text.startsWith(inside) || inside.startsWith(anchor.text);
}

interface Anchor {
  readonly text: string;
  readonly isWhole: boolean;
}

/**
 * The part of a pattern before its first special character; `isWhole` when there is none. An alternative ("|") may begin anyhow, and a repetition ("{0}") is
 * of the character before it.
 */
function literalStart(text: string): Anchor {
  const at = text.includes('|') ? 0 : text.search(/[*?[\\^]|.?\{/su);
  return at < 0 ? { text, isWhole: true } : { text: text.slice(0, at), isWhole: false };
}

/** `a`, `a/b` for `a/b/c`: what Go's splitting of `filepath.Dir` gives. */
function parentsOf(path: string): string[] {
  const slash = path.lastIndexOf('/');
  if (slash < 0) return [];
  const parts = path.slice(0, Math.max(slash, 1)).split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

import {
  type ContextEntry,
  type ContextLimits,
  ContextTotals,
  createPatternMatcher,
  type PatternMatcher,
  walkContext,
  type WalkMatcher,
} from '@dock/core/internal';
import { followLinks, withoutNested } from './follow-links.js';

/** What the builder wants of a directory. Empty lists mean no filter. */
export interface DirectoryFilter {
  readonly includePatterns: readonly string[];
  /** For the context: the patterns of `.dockerignore`, read by the builder. */
  readonly excludePatterns: readonly string[];
  /** Paths that are needed, with every link on the way. */
  readonly followPaths: readonly string[];
}

/** What we know better than the builder. */
export interface DirectoryRules {
  /** What never leaves, whatever the builder asks for: the build's own ignore file. */
  readonly ignored?: PatternMatcher | undefined;
  /** Paths that a builder may read all the same as long as it has no patterns: it reads the patterns from there. */
  readonly readable?: ReadonlySet<string>;
  readonly limits?: ContextLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A directory under a filter of the builder. All of it is listed before anything is offered, so limits and faults show before a byte travels.
 *
 * @throws CONTEXT_ERROR, CONTEXT_TOO_LARGE, DOCKERIGNORE_INVALID
 */
export async function listDirectory(
  root: string,
  filter: DirectoryFilter,
  { ignored, readable, limits, signal }: DirectoryRules = {},
): Promise<{ entries: readonly ContextEntry[]; totals: ContextTotals }> {
  const totals = new ContextTotals(limits);
  const entries: ContextEntry[] = [];
  const asked = filter.excludePatterns;
  const walk = {
    contextDir: root,
    matcher: excludeMatcher(asked, ignored),
    include: includeMatcher(root, filter),
    onLeftOut: (path: string) => totals.leaveOut(path),
    ...(asked.length === 0 && readable !== undefined ? { always: readable } : {}),
    signal,
  };
  for await (const entry of walkContext(walk)) {
    totals.add(entry);
    if (!totals.isOver) entries.push(entry);
  }
  totals.check();
  return { entries, totals };
}

/** What the builder excludes, and what the ignore file does where the builder has read something else in it or nothing. */
function excludeMatcher(asked: readonly string[], ignored: PatternMatcher | undefined): WalkMatcher | undefined {
  const own = ignored?.patterns.map(({ text, isException }) => `${isException ? '!' : ''}${text}`);
  if (asked.length === 0 || asked.join('\n') === own?.join('\n')) return ignored;
  const matcher = createPatternMatcher(asked);
  return ignored === undefined ? matcher : eitherMatcher(matcher, ignored);
}

/** Excludes what one of the two excludes. */
function eitherMatcher(one: PatternMatcher, other: PatternMatcher): WalkMatcher {
  const cut = one.patterns.length;
  return {
    matchesInWalk: (path, parent) => {
      const [first, second] = [
        one.matchesInWalk(path, parent?.subarray(0, cut)),
        other.matchesInWalk(path, parent?.subarray(cut)),
      ];
      const matched = new Uint8Array(first.matched.length + second.matched.length);
      matched.set(first.matched);
      matched.set(second.matched, cut);
      return { isMatch: first.isMatch || second.isMatch, matched };
    },
    mayIncludeBelow: (directory) => one.mayIncludeBelow(directory) || other.mayIncludeBelow(directory),
  };
}

function includeMatcher(root: string, filter: DirectoryFilter): PatternMatcher | undefined {
  if (filter.followPaths.length === 0)
    return filter.includePatterns.length === 0 ? undefined : createPatternMatcher(filter.includePatterns);
  const followed = followLinks(root, filter.followPaths);
  if (followed === undefined && filter.includePatterns.length === 0) return undefined;
  return createPatternMatcher(withoutNested([...filter.includePatterns, ...(followed ?? [])]));
}

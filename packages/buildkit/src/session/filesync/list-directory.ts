import {
  type ContextEntry,
  type ContextLimits,
  ContextTotals,
  createPatternMatcher,
  type PatternMatcher,
  walkContext,
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

/**
 * A directory under a filter of the builder. All of it is listed before anything is offered, so limits and faults show before a byte travels.
 *
 * @throws CONTEXT_ERROR, CONTEXT_TOO_LARGE, DOCKERIGNORE_INVALID
 */
export async function listDirectory(
  root: string,
  filter: DirectoryFilter,
  options: { readonly limits?: ContextLimits | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<{ entries: readonly ContextEntry[]; totals: ContextTotals }> {
  const totals = new ContextTotals(options.limits);
  const entries: ContextEntry[] = [];
  const matcher = filter.excludePatterns.length === 0 ? undefined : createPatternMatcher(filter.excludePatterns);
  for await (const entry of walkContext({
    contextDir: root,
    matcher,
    include: includeMatcher(root, filter),
    onLeftOut: (path) => totals.leaveOut(path),
    signal: options.signal,
  })) {
    totals.add(entry);
    if (!totals.isOver) entries.push(entry);
  }
  totals.check();
  return { entries, totals };
}

function includeMatcher(root: string, filter: DirectoryFilter): PatternMatcher | undefined {
  if (filter.followPaths.length === 0)
    return filter.includePatterns.length === 0 ? undefined : createPatternMatcher(filter.includePatterns);
  const followed = followLinks(root, filter.followPaths);
  if (followed === undefined && filter.includePatterns.length === 0) return undefined;
  return createPatternMatcher(withoutNested([...filter.includePatterns, ...(followed ?? [])]));
}

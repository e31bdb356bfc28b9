import { expect } from '@jest/globals';
import { isDockError } from '@dock/core';
import { field, inputText, type CaseRunner, type FileRunners } from '../../../core/test/conformance/vector-file.js';
import { createPatternMatcher } from '../../../core/src/context/pattern-matcher.js';
import { compileIgnorePattern } from '../../../core/src/context/ignore-pattern.js';
import { parseDockerignore } from '../../../core/src/context/dockerignore.js';

interface MatchInput {
  readonly patterns: readonly string[];
  readonly text: string;
}

function walked({ patterns, text }: MatchInput): boolean {
  const matcher = createPatternMatcher(patterns);
  const parts = text.split('/');
  let parent: Uint8Array | undefined;
  let isExcluded = false;
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const result = matcher.matchesInWalk(parts.slice(0, depth).join('/'), parent);
    parent = result.matched;
    isExcluded = result.isMatch;
  }
  return isExcluded;
}

function orError(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (isDockError(error) && error.code === 'DOCKERIGNORE_INVALID') return error.code;
    throw error;
  }
}

function expectedOrError(expected: unknown): unknown {
  return field(expected, 'error') === undefined ? expected : 'DOCKERIGNORE_INVALID';
}

const matches: CaseRunner = ({ input, expected }) => {
  const { patterns, text } = input as MatchInput;
  expect(orError(() => createPatternMatcher(patterns).matches(text))).toBe(expectedOrError(expected));
};

/** Runners for `patternmatcher.json` (moby/patternmatcher). */
export const patternmatcherRunners: FileRunners = {
  MatchesOrParentMatches: async (one) => {
    await matches(one);
    const input = one.input as MatchInput;
    // A walk never sees a trailing slash or the root itself.
    if (!input.text.endsWith('/')) expect(orError(() => walked(input))).toBe(expectedOrError(one.expected));
  },
  Match: matches,
  Matches_single: matches,
  New: ({ input, expected }) => {
    const made = orError(() => {
      const matcher = createPatternMatcher(input as readonly string[]);
      return { count: matcher.patterns.length, exclusions: matcher.hasExceptions };
    });
    if (field(expected, 'error') === undefined) expect(made).toMatchObject(expected as object);
    else expect(made).toBe('DOCKERIGNORE_INVALID');
  },
  compile: (one) => {
    const pattern = compileIgnorePattern(inputText(one));
    expect({ matchType: pattern?.matchType, regexp: pattern?.goSource }).toEqual({
      matchType: field(one.expected, 'matchType'),
      regexp: field(one.expected, 'regexp'),
    });
  },
  ignorefile_ReadAll: (one) => {
    expect(parseDockerignore(inputText(one)).patterns).toEqual(one.expected);
  },
};

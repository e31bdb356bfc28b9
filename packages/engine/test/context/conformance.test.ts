import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { isDockError } from '@dock/core';
import { createPatternMatcher } from '../../src/context/pattern-matcher.js';
import { compileIgnorePattern } from '../../src/context/ignore-pattern.js';
import { parseDockerignore } from '../../src/context/dockerignore.js';

interface MatchInput {
  readonly patterns: readonly string[];
  readonly text: string;
}
interface VectorCase {
  readonly name?: string;
  readonly input: unknown;
  readonly expected: unknown;
}

const directory = process.env['DOCK_VECTORS'] ?? fileURLToPath(new URL('../vectors', import.meta.url));
const file = JSON.parse(readFileSync(path.join(directory, 'patternmatcher.json'), 'utf8')) as {
  sets: Record<string, { cases: readonly VectorCase[] }>;
};

/** Cases that say nothing about this package, each with its reason. */
const notApplicable: Readonly<Record<string, string>> = {};

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
    if (isDockError(error) && error.code === 'DOCKERIGNORE_INVALID') return 'DOCKERIGNORE_INVALID';
    throw error;
  }
}

function expectedOrError(expected: unknown): unknown {
  return typeof expected === 'object' && expected !== null && 'error' in expected ? 'DOCKERIGNORE_INVALID' : expected;
}

type Check = (input: never, expected: never) => void;

const checks: Readonly<Record<string, Check>> = {
  MatchesOrParentMatches: (input: MatchInput, expected) => {
    expect(orError(() => createPatternMatcher(input.patterns).matches(input.text))).toBe(expectedOrError(expected));
    // A walk never sees a trailing slash or the root itself.
    if (!input.text.endsWith('/')) expect(orError(() => walked(input))).toBe(expectedOrError(expected));
  },
  Match: (input: MatchInput, expected) => {
    expect(orError(() => createPatternMatcher(input.patterns).matches(input.text))).toBe(expectedOrError(expected));
  },
  Matches_single: (input: MatchInput, expected) => {
    expect(orError(() => createPatternMatcher(input.patterns).matches(input.text))).toBe(expectedOrError(expected));
  },
  New: (input: readonly string[], expected: { count?: number; exclusions?: boolean; error?: string }) => {
    const made = orError(() => {
      const matcher = createPatternMatcher(input);
      return { count: matcher.patterns.length, exclusions: matcher.hasExceptions };
    });
    if (expected.error === undefined) expect(made).toMatchObject(expected);
    else expect(made).toBe('DOCKERIGNORE_INVALID');
  },
  compile: (input: string, expected: { matchType: string; regexp: string }) => {
    const pattern = compileIgnorePattern(input);
    expect({ matchType: pattern?.matchType, regexp: pattern?.goSource }).toEqual({
      matchType: expected.matchType,
      regexp: expected.regexp,
    });
  },
  ignorefile_ReadAll: (input: string, expected) => {
    expect(parseDockerignore(input).patterns).toEqual(expected);
  },
};

describe('patternmatcher.json', () => {
  test('has no set that this table does not know', () => {
    expect(
      Object.keys(file.sets).filter((name) => !Object.hasOwn(checks, name) && !Object.hasOwn(notApplicable, name)),
    ).toEqual([]);
  });

  const cases = Object.entries(file.sets).flatMap(([set, { cases: list }]) =>
    Object.hasOwn(checks, set) ? list.map((each) => [set, JSON.stringify(each.input), each] as const) : [],
  );
  test.each(cases)('%s %s', (set, _input, { input, expected }) => {
    expect.hasAssertions();
    checks[set]?.(input as never, expected as never);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createPatternMatcher, parseDockerignore, type PatternMatcher } from '../../packages/core/src/internal.js';
import { mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orDockError } from '../fuzz-target.js';
import { matchesGlob } from './glob.js';
import { vectorInputs } from './seeds.js';

const words = [
  '*',
  '**',
  '**/',
  '/',
  '!',
  '#',
  '?',
  '[a-c]',
  '[^a]',
  '[',
  ']',
  '\\',
  '.',
  '..',
  'a',
  'b',
  'ab',
  '*a',
  ' ',
  '\n',
  '\r\n',
  '\ufeff',
  '\u0085',
  '$',
  '(',
  ')',
  '|',
  '{',
  '+',
  '^',
  '-',
  '\\b',
  'é',
  '\u{1f600}',
  '*a*a*a*a*a*a*a*a',
];
const pathWords = ['a', 'b', 'ab', 'c', '.', '/', 'é', '\u{1f600}', '\n', ' ', 'a'.repeat(60), '$', 'x.b'];
const path = fc
  .oneof(wordSoup(pathWords, 10), fc.constantFrom('a/b/c', `${'a'.repeat(200)}/${'a'.repeat(200)}`, 'a/'.repeat(30)))
  .map((text) =>
    text
      .split('/')
      .filter((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'))
      .join('/'),
  )
  .filter((text) => text !== '');

const plain = fc
  .array(fc.constantFrom('a', 'b', '/', '*', '?', 'ab', '.', '$'), { minLength: 1, maxLength: 16 })
  .map((parts) => parts.join('').replaceAll(/\*+/g, '*').replaceAll(/\/+/g, '/'))
  .filter((pattern) => !/^\/|\/$|(?:^|\/)\.{1,2}(?:\/|$)/.test(pattern));

export const dockerignore = fuzzTarget({
  name: 'dockerignore',
  input: fc.record({
    text: fc.oneof(wordSoup(words, 40), mutated(vectorInputs('engine/test/vectors/patternmatcher.json'), words)),
    paths: fc.array(path, { minLength: 1, maxLength: 4 }),
    plain,
  }),
  check({ text, paths, plain: pattern }) {
    const matcher = orDockError(() => {
      const { patterns, lines } = parseDockerignore(text);
      assert.equal(patterns.length, lines.length);
      return createPatternMatcher(patterns, { file: '.dockerignore', lines });
    });
    const one = createPatternMatcher([pattern]);
    for (const name of paths) {
      const parents = name.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
      assert.equal(
        one.matches(name),
        parents.some((each) => matchesGlob(pattern, each)),
        `${pattern} on ${name}`,
      );
      // A pattern that is no expression in the end says so when it is matched.
      if (matcher !== undefined) orDockError(() => checkWalk(matcher, parents));
    }
  },
});

/** A walk from the root, which prunes what it may, comes to every path that another answer is for. */
function checkWalk(matcher: PatternMatcher, path: readonly string[]): void {
  let matched: Uint8Array | undefined;
  let isMatch = false;
  for (const each of path) ({ isMatch, matched } = matcher.matchesInWalk(each, matched));
  for (const each of path.slice(0, -1)) {
    const isAboveMatch = matcher.matches(each);
    if (isMatch && !isAboveMatch) assert.ok(matcher.mayMatchBelow(each), `${each} has nothing excluded below it`);
    if (!isMatch && isAboveMatch) assert.ok(matcher.mayIncludeBelow(each), `${each} has nothing included below it`);
  }
}

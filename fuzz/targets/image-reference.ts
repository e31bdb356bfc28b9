import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  familiarImageReference,
  formatImageReference,
  isImageReference,
  matchesImagePattern,
  parseImageIdOrReference,
  parseImageReference,
} from '../../packages/core/src/index.js';
import { mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orDockError } from '../fuzz-target.js';
import { matchesGlob } from './glob.js';
import { vectorInputs } from './seeds.js';

const words = [
  'a',
  'B',
  '0',
  '.',
  '_',
  '__',
  '-',
  '--',
  '/',
  ':',
  '@',
  'sha256:',
  'localhost',
  'docker.io',
  '[::1]',
  'library',
  ' ',
  'f'.repeat(64),
];
const seeds = [
  ...vectorInputs('core/test/vectors/reference.json'),
  `registry.example.com:5000/team/app:1.2@sha256:${'0f'.repeat(32)}`,
];
const text = fc.oneof(mutated(seeds, words), wordSoup(words));

export const imageReference = fuzzTarget({
  name: 'image-reference',
  input: text,
  check(written) {
    const reference = orDockError(() => parseImageReference(written));
    assert.equal(isImageReference(written), reference !== undefined);
    orDockError(() => parseImageIdOrReference(written));
    if (reference === undefined) return;
    assert.deepEqual(parseImageReference(formatImageReference(reference)), reference);
    assert.deepEqual(parseImageReference(familiarImageReference(reference)), reference);
    // Character by character, so that no rule is taken from the reader's own patterns.
    assert.match(reference.repository, /^[a-z0-9][a-z0-9._/-]*$/);
    assert.ok(reference.repository.length <= 255);
    for (const part of reference.repository.split('/'))
      assert.ok(!/^[._-]|[._-]$|\.\.|___|\._|_\.|^$/.test(part), part);
    assert.ok(!/[^ -~]|[ \\"'`$?#%]/.test(formatImageReference(reference)));
  },
});

const globWords = [
  '*',
  '**',
  '?',
  '[a-z]',
  '[^a]',
  '[',
  ']',
  '\\',
  '/',
  '-',
  'a',
  'b',
  'docker.io',
  ':',
  '*a',
  '*a*b',
  '\u{1f600}',
];

export const imagePattern = fuzzTarget({
  name: 'image-pattern',
  input: fc.record({
    pattern: fc.oneof(wordSoup(globWords, 30), mutated(['registry.example.com/*/app:*', '[a-m]*/x'], globWords)),
    name: fc.constantFrom(
      'a',
      `${'a'.repeat(200)}`,
      'a/b/a/b:a',
      `registry.example.com/team/app:1@sha256:${'a'.repeat(64)}`,
    ),
  }),
  check({ pattern, name }) {
    const reference = parseImageReference(name);
    const isMatch = orDockError(() => matchesImagePattern(pattern, reference));
    if (isMatch === undefined) return;
    if (/[[\\]/.test(pattern)) return;
    const names = [
      familiarImageReference(reference),
      familiarImageReference(reference).replace(/(?::[^:/]*)?(?:@.*)?$/, ''),
    ];
    assert.equal(
      isMatch,
      names.some((each) => matchesGlob(pattern, each)),
    );
  },
});

import { describe, expect, test } from '@jest/globals';
import { formatImageReference } from '../../src/reference/format-image-reference.js';
import { type NamingRequest, targetReferences } from '../../src/run/target-references.js';

const named = (request: NamingRequest) =>
  targetReferences(request).map((reference) => [
    formatImageReference(reference),
    reference.isFloating === true ? 'floating' : 'fixed',
  ]);

describe('the names of a request', () => {
  test('are its tags in order, then its floating names; one that is both floats', () => {
    expect(
      named({ tags: ['r.example.com/a:1', 'r.example.com/a:latest'], floating: ['r.example.com/a:latest'] }),
    ).toEqual([
      ['r.example.com/a:1', 'fixed'],
      ['r.example.com/a:latest', 'floating'],
    ]);
  });

  test('float under each target registry too, and there alone are they published', () => {
    const request = { tags: ['a:1'], floating: ['a'], targetRegistries: ['r.example.com/mirror', 's.example.com'] };
    expect(targetReferences(request).map(({ isLocalOnly }) => isLocalOnly)).toEqual([
      true,
      true,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(named(request).slice(2)).toEqual([
      ['r.example.com/mirror/a:1', 'fixed'],
      ['r.example.com/mirror/a:latest', 'floating'],
      ['s.example.com/a:1', 'fixed'],
      ['s.example.com/a:latest', 'floating'],
    ]);
  });

  test('may all float', () => {
    expect(named({ floating: ['r.example.com/a'] })).toEqual([['r.example.com/a:latest', 'floating']]);
  });
});

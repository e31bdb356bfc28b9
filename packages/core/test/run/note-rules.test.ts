import { describe, expect, test } from '@jest/globals';
import type { RunNote } from '../../src/index.js';
import { isPrefixOfRun, readNote } from '../../src/run/note-rules.js';

const run = '20261129t120000-0123abcd';

describe('a note of a plugin', () => {
  test.each<RunNote>([
    { kind: 'container', id: 'abc' },
    { kind: 'own-name', name: 'host/app:1' },
    { kind: 'lent-name', name: 'host/app:1', image: 'sha256:a' },
    { kind: 'loaded-image', image: 'sha256:a', names: ['app:1'] },
    { kind: 'directory', prefix: `/tmp/mine-${run}-` },
    { kind: 'directory', prefix: `/tmp/${run}` },
  ])('is taken when gc can take back what it names: %j', (note) => {
    expect(readNote(note, run)).toEqual(note);
  });

  test.each<[unknown, RegExp]>([
    [{ kind: 'file', path: '/x' }, /none that "dock gc" can take back/],
    [{ kind: 'directory' }, /none that/],
    [{ kind: 'own-name', name: '' }, /none that/],
    [{ kind: 'loaded-image', image: 'x' }, /none that/],
    [['container'], /none that/],
    [{ kind: 'directory', prefix: '/tmp/mine-' }, /could name those of other runs/],
    [{ kind: 'directory', prefix: `mine-${run}-` }, /could name those of other runs/],
    [{ kind: 'directory', prefix: `/tmp/${run}/` }, /could name those of other runs/],
    [{ kind: 'directory', prefix: `/tmp/${run}/x` }, /could name those of other runs/],
    [{ kind: 'directory', prefix: `/tmp/x/../${run}` }, /could name those of other runs/],
  ])('is refused when it cannot: %j', (note, message) => {
    expect(() => readNote(note as RunNote, run)).toThrow(
      expect.objectContaining({ code: 'PLUGIN_FAILED', message: expect.stringMatching(message) }),
    );
  });

  test('names directories of its own run only', () => {
    expect(isPrefixOfRun(`/tmp/mine-${run}-`, '20261129t120000-ffffffff')).toBe(false);
  });
});

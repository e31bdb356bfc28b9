import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findMirror } from '../src/install/debian-mirror.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-mirror-test-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const stanza = (uris: string, more = '') =>
  `# comment\nTypes: deb\nURIs: ${uris}\nSuites: bookworm\nComponents: main\n${more}`;

describe('the Debian mirror', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a line', { 'sources.list': 'deb http://m.test/debian bookworm main contrib\n' }, 'http://m.test/debian'],
    [
      'a line with options',
      { 'sources.list': 'deb [arch=amd64 signed-by=/k] http://m.test/debian bookworm main\n' },
      'http://m.test/debian',
    ],
    ['a stanza', { 'sources.list.d/debian.sources': stanza('http://m.test/debian') }, 'http://m.test/debian'],
    [
      'a list of mirrors',
      { 'sources.list.d/debian.sources': stanza('mirror+file:///etc/apt/mirrors/debian.list') },
      'mirror+file:///etc/apt/mirrors/debian.list',
    ],
    [
      'the one that is no security archive, nobody else and not commented out',
      {
        'sources.list':
          '# deb http://old.test/debian bookworm main\ndeb-src http://src.test/debian bookworm main\ndeb http://other.test/node nodistro main\n',
        'sources.list.d/a.sources': `${stanza('http://off.test/debian', 'Enabled: no\n')}\n${stanza('http://m.test/debian-security')}`,
        'sources.list.d/b.sources': stanza('http://m.test/debian http://n.test/debian'),
        'sources.list.d/c.sources.bak': stanza('http://bak.test/debian'),
      },
      'http://m.test/debian',
    ],
  ])('is found in %s', (_name, files, mirror) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    expect(findMirror({}, directory)).toBe(mirror);
  });

  test('is the one of DOCK_TESTING_MIRROR first', () => {
    expect(findMirror({ DOCK_TESTING_MIRROR: 'http://mine.test' }, directory)).toBe('http://mine.test');
  });

  test('that is missing is an error with a remedy', () => {
    expect(() => findMirror({}, directory)).toThrow(/No Debian mirror is configured/);
  });
});

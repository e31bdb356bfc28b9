import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isDockError, processWord } from '../../src/index.js';
import { expandWord } from '../../src/dockerfile/shell-word.js';

function faultOf(word: string, env: Readonly<Record<string, string>>): string {
  try {
    processWord(word, env);
  } catch (error) {
    if (isDockError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('processWord', () => {
  test.each([
    ['${V-x} ${E-x} ${U-x}', 'v  x'],
    ['${V:-x} ${E:-x} ${U:-x}', 'v x x'],
    ['${V+x} ${E+x} ${U+x}', 'x x '],
    ['${V:+x} ${E:+x} ${U:+x}', 'x  '],
    ['${V:?no}', 'v'],
    ['${E?no}', ''],
    ['$V-foo', 'v-foo'],
    ["'$V'", '$V'],
    ['\\$V', '$V'],
    ['$V}', 'v}'],
    ['${U:-${V:-y}}', 'v'],
    ['${P#*/}', 'b/c.tar.gz'],
    ['${P##*/}', 'c.tar.gz'],
    ['${P%.*}', 'a/b/c.tar'],
    ['${P%%.*}', 'a/b/c'],
    ['${P/b/x}', 'a/x/c.tar.gz'],
    ['${P/a/}', '/b/c.tar.gz'],
    ['${P//\\//-}', 'a-b-c.tar.gz'],
    ['${P//a/$V}', 'v/b/c.tvr.gz'],
    ['${P/?\\//}', 'b/c.tar.gz'],
    ['${S%%\\**\\*}', 'a'],
    ['${S%\\*}', 'a***yy'],
    ['${B#()[]{\\}^$.\\*\\?|\\\\}', 'x'],
    ['${U#x}${U//a/b}', ''],
    ['${constructor}', ''],
  ])('expands %s to %s', (word, expected) => {
    const env = { V: 'v', E: '', P: 'a/b/c.tar.gz', S: 'a***yy*', B: '()[]{}^$.*?|\\x' };
    expect(processWord(word, env)).toBe(expected);
  });

  test('takes the escape character of the file', () => {
    expect(processWord('C:\\dir\\`$V', {}, '`')).toBe('C:\\dir\\$V');
  });

  test.each([
    ['${V', '"}"'],
    ['"${V}', 'double quote'],
    ["'x", 'single quote'],
    ['${}', 'not a substitution'],
    ['${V=x}', 'modifier'],
    ['${V:x}', 'modifier'],
    ['${U:?give it}', 'give it'],
    ['${E:?}', 'must be non-empty'],
    ['${U?}', 'must be set'],
    ['${V#\\x}', 'not a pattern'],
    ['${V//x}', '"/"'],
  ])('refuses %s, naming %s', (word, part) => {
    const fault = faultOf(word, { V: 'v', E: '' });
    expect(fault).toMatch(/^DOCKERFILE_SYNTAX/);
    expect(fault).toContain(part);
  });

  test('names the variables that are not set', () => {
    expect(expandWord('$A ${B:-x} $C', new Map([['C', 'c']]))).toMatchObject({ unset: new Set(['A', 'B']) });
  });

  test('empty patterns replace between all characters, as in the frontend', () => {
    expect(processWord('${V//$E/-}', { V: 'ab', E: '' })).toBe('-a-b-');
    expect(processWord('${V/$E/-}', { V: 'ab', E: '' })).toBe('-ab');
  });

  test('a pattern full of stars is answered at once', () => {
    const value = 'a'.repeat(2000);
    expect(processWord(`\${V##${'*a'.repeat(20)}b}`, { V: value })).toBe(value);
  });

  test('a quoted word comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(processWord(`"${text.replace(/["$\\]/g, '\\$&')}"`, {})).toBe(text);
      }),
    );
  });

  test('any text is expanded or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[$\\{}:?#%/+"'<> a*-]{0,25}$/), (text) => {
        const expanded = expandWord(text, new Map([['a', 'aa']]));
        expect('fault' in expanded ? typeof expanded.fault : typeof expanded.text).toBe('string');
      }),
      { numRuns: 2000 },
    );
  });
});

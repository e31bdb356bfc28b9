import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { secretForms } from '../../src/masking/secret-forms.js';
import { createSecretMasker, mask } from '../../src/masking/secret-masker.js';

const secret = `p"a's<s>&w/o+r$d é`;

function masker(...secrets: string[]) {
  const made = createSecretMasker();
  for (const each of secrets) made.add(each);
  return made;
}

test('a name of an image stays true where an image is named, and nowhere else', () => {
  const masker = createSecretMasker();
  masker.add('team');
  masker.keepNames(['r.example.com/team/app:1', 'team/app', 'team']);
  const result = {
    names: ['r.example.com/team/app:1'],
    published: [{ name: 'r.example.com/team/app:1', reference: { repository: 'team/app', tag: 'team' } }],
    message: 'team/app',
    text: 'team',
    name: 'r.example.com/team/other:1',
  };
  expect(masker.maskValue(result)).toEqual({
    ...result,
    message: '***/app',
    text: '***',
    name: 'r.example.com/***/other:1',
  });
});

describe('forms', () => {
  test.each([
    ['plain', secret],
    ['JSON', JSON.stringify(secret).slice(1, -1)],
    [
      'JSON as Go writes it',
      JSON.stringify(secret).slice(1, -1).replace('<', '\\u003c').replace('>', '\\u003e').replace('&', '\\u0026'),
    ],
    ['JSON in ASCII', JSON.stringify(secret).slice(1, -1).replace('é', '\\u00e9')],
    ['percent-encoded', encodeURIComponent(secret)],
    [
      'percent-encoded in lower case',
      encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    ],
    ['form-encoded', new URLSearchParams({ k: secret }).toString().slice(2)],
    ['hex', Buffer.from(secret).toString('hex')],
    [
      'XML',
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&apos;'),
    ],
    ['single-quoted for a shell', secret.replaceAll("'", String.raw`'\''`)],
  ])('%s is masked', (_, form) => {
    expect(masker(secret).maskText(`before ${form} after`)).toBe(`before ${mask} after`);
  });

  test.each(
    [0, 1, 2, 3, 4, 5].flatMap(
      (before) =>
        [
          ['base64', before],
          ['base64url', before],
        ] as const,
    ),
  )('%s after %i other bytes shows no part that tells it', (encoding, before) => {
    const text = Buffer.concat([Buffer.alloc(before, 'x'), Buffer.from(secret), Buffer.from('yyy')]).toString(encoding);
    const masked = masker(secret).maskText(text);
    expect(masked).toContain(mask);
    expect(masked.length).toBeLessThanOrEqual(
      text.length - Math.floor((Buffer.byteLength(secret) * 8) / 6) + 2 + mask.length,
    );
  });

  test.each([
    ['UTF-16, little end first', Buffer.from('T0psécret', 'utf16le')],
    ['UTF-16, big end first', Buffer.from('T0psécret', 'utf16le').swap16()],
    ['Latin-1', Buffer.from('T0psécret', 'latin1')],
  ])('%s is masked where it is read as UTF-8, and in base64 and hex', (_, bytes) => {
    const made = masker('T0psécret');
    const seen = made.maskText(`<${bytes.toString('utf8')}>`).replaceAll('\0', '');
    expect(seen).toBe(`<${mask}>`);
    if (bytes.length === 9) return;
    expect(made.maskText(bytes.toString('hex'))).toBe(mask);
    for (const before of ['', 'x', 'xx'])
      expect(made.maskText(Buffer.concat([Buffer.from(before), bytes]).toString('base64'))).toContain(mask);
  });

  test.each([
    ['a bell', 'abcd\x07efgh', 'abcdefgh'],
    ['a colour', 'abcd\x1b[31mefgh', 'abcdefgh'],
    ['a NUL', 'abcd\0efgh', 'abcdefgh'],
    ['an override of direction', 'abcd\u202eefgh', 'abcdefgh'],
  ])('a secret with %s inside is masked as it is and as it is seen', (_, value, seen) => {
    expect(masker(value).maskText(`1${value}2`)).toBe(`1${mask}2`);
    expect(masker(value).maskText(`1${seen}2`)).toBe(`1${mask}2`);
  });

  test('a secret of several lines is masked line by line', () => {
    const key = '-----BEGIN-----\nabcdefgh\nijklmnop\n-----END-----';
    expect(masker(key).maskText('log: ijklmnop')).toBe(`log: ${mask}`);
    expect(masker('abcdefgh\rijklmnop').maskText('log: ijklmnop')).toBe(`log: ${mask}`);
  });

  test.each(['', 'a', 'abc'])('"%s" is refused: it would mask ordinary text', (short) => {
    expect(() => createSecretMasker().add(short)).toThrow(expect.objectContaining({ code: 'SECRET_TOO_SHORT' }));
  });
});

test('a label names the secret that is too short, and its value stays untold', () => {
  expect(() => createSecretMasker().add('x9', 'NPM_TOKEN')).toThrow(/"NPM_TOKEN" of 2 characters/);
});

test('overlapping secrets leave nothing of either', () => {
  expect(masker('abcdXY', 'XYefgh').maskText('1abcdXYefgh2')).toBe(`1${mask}2`);
});

test('values are masked in strings and keys, and other values stay', () => {
  expect(masker('s3cret!').maskValue({ 'a s3cret!': ['s3cret!', 1, null, true] })).toEqual({
    [`a ${mask}`]: [mask, 1, null, true],
  });
});

test('a password that is a word of the format changes no shape, and is masked everywhere else', () => {
  const made = masker('registry', 'failed', 'error');
  const event = { type: 'error', status: 'failed', registry: 'registry.example.com', message: 'it failed', failed: 1 };
  expect(made.maskValue(event)).toEqual({
    type: 'error',
    status: 'failed',
    registry: `${mask}.example.com`,
    message: `it ${mask}`,
    [mask]: 1,
  });
});

/** What stands in the middle of a secret and is not seen. */
const unseen = [
  ['a colour', '\x1b[31m'],
  ['an 8-bit sequence', '\x9b0m'],
  ['a bell', '\x07'],
  ['a NUL', '\0'],
  ['a title', '\x1b]0;some title\x07'],
  ['a hyperlink', '\x1b]8;;http://x\x1b\\'],
  ['two colours', '\x1b[0m\x1b[1;4m'],
  ['an override of direction', '\u202e'],
  ['a space without width', '\u200b'],
  ['a character of the tag plane', '\u{e0041}'],
] as const;

describe('what stands in the middle of a secret and is not seen', () => {
  test.each(unseen)('%s hides it from nobody', (_, between) => {
    const text = `1T0ps${between}3cret2`;
    expect(masker('T0ps3cret').maskText(text)).toBe(`1${mask}2`);
    const each = 'T0ps3cret'.split('').join(between);
    expect(masker('T0ps3cret').maskText(`1${each}2`)).toBe(`1${mask}2`);
  });

  test.each(unseen)('%s may be torn apart by the end of a chunk', (_, between) => {
    const text = `1T0ps${between}3cret2${between}`;
    for (let at = 0; at <= text.length; at++) {
      const stream = masker('T0ps3cret').createStream();
      expect(stream.write(text.slice(0, at)) + stream.write(text.slice(at)) + stream.end()).toBe(`1${mask}2${between}`);
    }
    const slow = masker('T0ps3cret').createStream();
    expect(
      text
        .split('')
        .map((unit) => slow.write(unit))
        .join('') + slow.end(),
    ).toBe(`1${mask}2${between}`);
  });

  test('stays where it hides nothing', () => {
    const text = '\x1b[32mok\x1b[0m T0ps\u200b 3cret';
    expect(masker('T0ps3cret').maskText(text)).toBe(text);
  });

  test('is part of bytes that no terminal shows', () => {
    const stream = masker('T0ps3cret').createStream('bytes');
    expect(stream.write('T0ps\x073cret') + stream.end()).toBe('T0ps\x073cret');
  });

  test('holds back no more than a line of a sequence that does not end', () => {
    const stream = masker('T0ps3cret').createStream();
    expect(stream.write('T0ps\x1b]0;title')).toBe('');
    expect(stream.write('x'.repeat(20_000))).toBe(`T0ps\x1b]0;title${'x'.repeat(20_000)}`);
  });
});

describe('a stream', () => {
  test('holds back no more than could be a secret', () => {
    const stream = masker('abcdef').createStream();
    expect(stream.write('1234abc')).toBe('1234');
    expect(stream.write('xyz')).toBe('abcxyz');
    expect(stream.end()).toBe('');
  });

  test('masks the longer of two secrets that begin alike', () => {
    const stream = masker('abcd', 'abcdefgh').createStream();
    expect(stream.write('abcd') + stream.write('efgh') + stream.end()).toBe(mask);
  });

  test('however it is cut, shows no form of a secret, and other text byte for byte', () => {
    const alphabet = fc.constantFrom('a', 'b', 'c', '/', '+', '"', ' ', 'é');
    const word = fc.string({ unit: alphabet, minLength: 4, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
        fc.array(fc.string({ unit: alphabet, maxLength: 12 }), { maxLength: 4 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
        fc.boolean(),
        (secrets, texts, sizes, encode) => {
          const hidden = secrets[0] ?? '';
          const text = texts.join(encode ? encodeURIComponent(hidden) : hidden);
          const made = masker(...secrets);
          const stream = made.createStream();
          let out = '';
          for (let at = 0; at < text.length; ) {
            const size = sizes.next().value;
            out += stream.write(text.slice(at, at + size));
            at += size;
          }
          out += stream.end();
          expect(out.split(mask).join('')).toBe(made.maskText(text).split(mask).join(''));
          for (const each of secrets)
            for (const form of secretForms(each))
              expect(out.split(mask).some((part) => part.includes(form))).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a line of introducers', () => {
  /** Milliseconds until a stream has taken a text. */
  function writingTime(text: string): number {
    const stream = masker(secret).createStream();
    const began = performance.now();
    stream.write(text);
    return performance.now() - began;
  }

  test.each([
    ['OSC', '\u009d'],
    ['DCS', '\u0090'],
    ['SOS', '\u0098'],
    ['CSI', '\u009b'],
    ['ESC', '\u001b'],
    ['ESC and OSC', '\u001b]'],
  ])('takes time in proportion to its length: %s', (_, introducer) => {
    const line = (length: number) => `${introducer.repeat(length / introducer.length)}\n`;
    // Eight times the text: 8 for linear time, 64 for quadratic; a second for what the machine does besides.
    const few = writingTime(line(32_768));
    expect(writingTime(line(262_144))).toBeLessThan(32 * few + 1000);
  });

  test.each([
    ['a string', 'hunt\u009d0;title', '\u009cer22'],
    ['a string that ESC begins', 'hunt\u001b]0;title', '\u0007er22'],
    ['half of the end of a string', 'hunt\u001b]0;title\u001b', '\\er22'],
    ['a lone ESC', 'hunt\u001b', '[0mer22'],
    ['two ESC', 'hunt\u001b\u001b', '[0mer22'],
    ['a CSI behind the end of a string', 'hunt\u009d0;a\u0007\u009b3', '1mer22'],
  ])('a secret goes on behind %s that a piece cuts', (_, first, second) => {
    const stream = masker('hunter22').createStream();
    const out = stream.write(first) + stream.write(second) + stream.end();
    expect(out).toBe(masker('hunter22').maskText(first + second));
    expect(out).toBe(mask);
  });
});

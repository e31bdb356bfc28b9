/* oxlint-disable no-control-regex -- control characters are what must not be left */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createSecretMasker, errorDocument, toDockError } from '../../packages/core/src/index.js';
import { cleanText, safeJson } from '../../packages/cli/src/output/clean-text.js';
import { parseSecret } from '../../packages/cli/src/request/parse-secret.js';
import { parseSource } from '../../packages/cli/src/request/parse-source.js';
import { parseUlimit } from '../../packages/cli/src/request/parse-ulimit.js';
import { splitCommand } from '../../packages/engine/src/tasker/split-command.js';
import { fillTemplate } from '../../packages/plugin-tag/src/fill-template.js';
import { parseTemplate } from '../../packages/plugin-tag/src/parse-template.js';
import { anyText, mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orDockError } from '../fuzz-target.js';

const terminalWords = [
  '\u001b',
  '\u001b[',
  '\u001b]0;',
  '\u0007',
  '\u001b\\',
  '\u009b',
  '\u009d',
  '\u009c',
  '31m',
  'm',
  '0',
  ';',
  '2J',
  'P',
  'c',
  '\r',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '\b',
  '\u007f',
  '\u202e',
  '\u2066',
  '\u2028',
  '::set-output name=x::y',
  '::',
  ':',
  '##vso[',
  '##[',
  '#',
  'a',
  '\u001b[31m',
  '\u001b[0m',
  '\0',
  '\u001b(B',
  '\n\n',
];

export const cleanOutput = fuzzTarget({
  name: 'clean-output',
  input: fc.record({
    text: fc.oneof(
      wordSoup(terminalWords, 30),
      mutated(['line\n\u001b[31mred\u001b[0m\n', '::error::x\n'], terminalWords),
    ),
    colour: fc.boolean(),
    isCi: fc.boolean(),
  }),
  check({ text, colour, isCi }) {
    const clean = cleanText(text, { colour, isCi });
    assert.ok(
      !/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/.test(clean),
      JSON.stringify(clean),
    );
    const withoutColour = colour ? clean.replaceAll(/\u001b\[[0-9;:]*m/g, '') : clean;
    assert.ok(!withoutColour.includes('\u001b'), JSON.stringify(clean));
    if (isCi) assert.ok(!/^\s*::|##\[|##vso\[/im.test(clean), JSON.stringify(clean));
    assert.ok(!/[\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/.test(safeJson(text)));
    assert.deepEqual(JSON.parse(safeJson({ text })), { text });
  },
});

const secretWord = fc.constantFrom(
  'hunter22',
  'p@ss"w<o>rd&',
  'päss\\wörd',
  'aaaa',
  'abababab',
  's3cr3t/+=',
  '\u{1f600}key',
  'line1\nline2',
);

export const masker = fuzzTarget({
  name: 'masker',
  input: fc.record({
    secrets: fc.array(secretWord, { minLength: 1, maxLength: 3 }),
    pieces: fc.array(
      fc.oneof(
        secretWord,
        fc
          .tuple(
            fc.constantFrom('base64', 'base64url', 'hex', 'url', 'json'),
            secretWord,
            fc.constantFrom('', 'x', 'xy'),
          )
          .map(([form, secret, before]) =>
            form === 'url'
              ? encodeURIComponent(secret)
              : form === 'json'
                ? JSON.stringify(secret)
                : Buffer.from(before + secret).toString(form as 'hex'),
          ),
        fc.constantFrom('a', 'ab', 'hunter', '22', '***', '\n', '%', '=', '&amp;'),
        anyText,
      ),
      { maxLength: 12 },
    ),
    cuts: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 }),
  }),
  check({ secrets, pieces, cuts }) {
    const masking = createSecretMasker();
    for (const secret of secrets) masking.add(secret);
    const text = pieces.join('');
    const whole = masking.maskText(text);
    for (const secret of secrets) assert.ok(!whole.includes(secret), 'a secret is left');
    const stream = masking.createStream();
    let out = '';
    let at = 0;
    for (const length of cuts) {
      out += stream.write(text.slice(at, at + length));
      at += length;
    }
    out += stream.write(text.slice(at)) + stream.end();
    assert.equal(out, whole);
    assert.deepEqual(
      JSON.parse(JSON.stringify(masking.maskValue({ text }))),
      JSON.parse(JSON.stringify({ text: whole })),
    );
  },
});

const flagWords = [
  'id=',
  'src=',
  'env=',
  'type=file',
  ',',
  '"',
  '""',
  '=',
  'a',
  'nofile=',
  '1',
  ':',
  '-1',
  '999999999999999999999',
  '\n',
  ' ',
  '/',
  '..',
  'github.com/',
  '://',
  '@',
  '-',
  '{',
  '}',
  '{git.short}',
  '{env.A}',
  '{date:',
  'YYYY',
  '{label.x}',
  "'",
  '\\',
  '$',
  '`',
  'registry.example.com/',
  '\0',
];

export const flags = fuzzTarget({
  name: 'flags',
  input: fc.oneof(
    wordSoup(flagWords, 20),
    mutated(
      [
        'id=token,env=TOKEN',
        'nofile=1024:2048',
        'registry.example.com/app:{git.short}-{date:YYYYMMDD}',
        'sh -c "echo \'a\'"',
      ],
      flagWords,
    ),
  ),
  check(text) {
    orDockError(() => parseSecret(text, '/', {}));
    orDockError(() => parseUlimit(text));
    orDockError(() => parseSource(text, '/'));
    const split = orDockError(() => splitCommand(text));
    if (split !== undefined)
      assert.deepEqual(splitCommand(split.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')), split);
    const template = orDockError(() => parseTemplate(text, ['A']));
    if (template === undefined) return;
    const values = new Map([
      ['git.short', 'abc'],
      ['env.A', 'feature/x'],
      ['label.x', 'Ünï'],
    ]);
    orDockError(() => fillTemplate(template, values, '2026-01-02T03:04:05Z'));
  },
});

const hostile = (kind: string, text: string): unknown => {
  if (kind === 'string') return text;
  if (kind === 'null') return null;
  if (kind === 'error') return new Error(text, { cause: new Error(text) });
  if (kind === 'message') return Object.assign(new Error(), { message: { toString: null } });
  if (kind === 'getter')
    return Object.defineProperty(new Error(text), 'message', {
      get: () => {
        throw new Error('getter');
      },
    });
  if (kind === 'cycle') {
    const error = new Error(text);
    error.cause = error;
    return error;
  }
  if (kind === 'proxy')
    return new Proxy(new Error(text), {
      get: () => {
        throw new Error('proxy');
      },
      has: () => {
        throw new Error('has');
      },
      getPrototypeOf: () => {
        throw new Error('prototype');
      },
    });
  if (kind === 'revoked') {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }
  if (kind === 'symbol') return Symbol(text);
  if (kind === 'bare') return Object.create(null);
  return {
    toString: () => {
      throw new Error(text);
    },
  };
};

export const thrown = fuzzTarget({
  name: 'thrown',
  input: fc.record({
    kind: fc.constantFrom(
      'string',
      'null',
      'error',
      'message',
      'getter',
      'cycle',
      'proxy',
      'revoked',
      'symbol',
      'bare',
      'toString',
    ),
    text: anyText,
  }),
  check({ kind, text }) {
    const document = errorDocument(toDockError(hostile(kind, text)));
    JSON.stringify(document);
    assert.notEqual(document.message, '');
  },
});

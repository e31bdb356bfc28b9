import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { nearestWord } from '../../src/config/nearest-word.js';
import { parseConfig } from '../../src/config/parse-config.js';
import { parsePluginOptions, validate } from '../../src/config/validate.js';
import { DockError } from '../../src/errors/dock-error.js';
import { caught } from '../hooks/fixtures.js';

const parse = async (exported: unknown) =>
  parseConfig(exported, 'dock.config.ts', { directory: '/project', env: { CI: '1' } });

describe('a config', () => {
  test.each([
    ['an object', { image: 'a' }],
    ['a promise', Promise.resolve({ image: 'a' })],
    ['a function', () => ({ image: 'a' })],
    ['an async function', async () => ({ image: 'a' })],
  ])('may be %s', async (_, exported) => {
    expect(await parse(exported)).toEqual({ image: 'a' });
  });

  test('that is a function is told where it lies and what the environment is', async () => {
    const config = ({ directory, env }: { directory: string; env: Record<string, string> }) => ({
      image: `${directory}${env['CI']}`,
    });
    expect(await parse(config)).toEqual({ image: '/project1' });
  });

  test.each([
    ['a key that does not exist', { plugns: [] }, '"plugns"', 'Did you mean "plugins"?'],
    ['a key of a nested object', { timeouts: { runMS: 1 } }, '"timeouts.runMS"', 'Did you mean "runMs"?'],
    ['a key of a list', { ulimits: [{ name: 'a', soft: 1, hrd: 2 }] }, '"ulimits[0].hrd"', 'Did you mean "hard"?'],
    ['a key of one of several forms', { source: { kind: 'git', urll: 'x' } }, '"source.urll"', 'Did you mean "url"?'],
    [
      'a key that is near none',
      { secrets: [{ id: 'a', file: 'b', weird: 1 }] },
      '"secrets[0].weird"',
      'Known keys: id, file, env.',
    ],
    [
      'a kind that does not exist',
      { source: { kind: 'svn' } },
      '"source.kind" must be "git" or "path" or "empty" or "archive" or "archive-file".',
      "Write source: 'app' or { kind: 'git', url: 'https://git.example.com/team/app.git' }.",
    ],
    ['a wrong type', { image: 42 }, '"image" must be a string or an array, not a number.', "Write image: 'registry"],
    [
      'a wrong type in one of several forms',
      { source: { kind: 'git', url: 5 } },
      '"source.url" must be a string, not a number.',
      '',
    ],
    ['a wrong type in a list', { image: ['a', 1] }, '"image[1]" must be a string, not a number.', ''],
    ['a wrong type under a key with a dot', { labels: { 'a.b': 1 } }, '"labels["a.b"]"', ''],
    ['a value that is none of a few', { verify: 'sometimes' }, '"verify" must be "auto" or "required" or "off".', ''],
    ['a builder that is none', { builder: 'ssh://host' }, '"ssh://host" names no builder', "Write builder: 'classic'."],
    ['a limit without end', { timeouts: { runMs: Number.POSITIVE_INFINITY } }, '"timeouts.runMs"', ''],
    ['a runner that is a name', { runner: 'here' }, '"runner"', ''],
    ['a list', [], 'it must be an object, not an array.', ''],
    [
      'a number for a text',
      { buildArgs: { N: 1 } },
      '"buildArgs.N" must be a string',
      "Write buildArgs: { VERSION: '1.2' }.",
    ],
    ['a list for a map', { labels: ['a=b'] }, '"labels" must be an object, not an array.', "Write labels: { 'com."],
    [
      'a size with a unit',
      { shmSize: '64m' },
      '"shmSize" must be a number, not a string.',
      'Write shmSize: 64 * 2 ** 20.',
    ],
    ['a part of a byte', { memory: 1.5 }, '"memory" must be a whole number.', 'Write memory: 512 * 2 ** 20.'],
    ['no size', { shmSize: -1 }, '"shmSize" must be at least 0.', ''],
    [
      'a map for a list',
      { secrets: {} },
      '"secrets" must be an array, not an object.',
      "Write secrets: [{ id: 'token', env",
    ],
    ['an empty word', { dockerfile: '' }, '"dockerfile" must not be empty.', "Write dockerfile: '"],
    [
      'a platform that is none',
      { platforms: ['bogus'] },
      '"platforms[0]": "bogus" is not a platform.',
      'Write platforms: [',
    ],
    [
      'a host without an address',
      { addHosts: ['db'] },
      '"db" does not say which address',
      "Write addHosts: ['db:10.0.0.2'].",
    ],
    ['a key that reaches the prototype', JSON.parse('{"__proto__":{"publish":true}}'), '"__proto__"', ''],
    [
      'such a key in a map, without a text',
      { labels: JSON.parse('{"__proto__":{}}') as object },
      '"labels.__proto__"',
      '',
    ],
    ['such a key beside the others', JSON.parse('{"__proto__":"x"}'), '"__proto__"', ''],
  ])('with %s is CONFIG_INVALID with its path', async (_, exported, text, hint) => {
    const error = await caught(parse(exported));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exitStatus: 2 });
    expect(String(error)).toContain('"dock.config.ts"');
    expect(String(error)).toContain(text);
    expect((error as DockError).hint).toContain(hint);
    expect(({} as Record<string, unknown>)['publish']).toBeUndefined();
  });

  test('takes labels of any name', async () => {
    const text = '{"labels":{"__proto__":"a","constructor":"b","prototype":"c","toString":"d"}}';
    expect(JSON.stringify(await parse(JSON.parse(text)))).toBe(text);
  });

  const broken = {
    get image(): string {
      throw new Error('no image today');
    },
  };
  test.each([
    [
      'a function that throws',
      () => {
        throw new Error('no image today');
      },
    ],
    ['a function that rejects', async () => Promise.reject(new Error('no image today'))],
    ['a promise that rejects', (async () => Promise.reject(new Error('no image today')))()],
    ['a getter that throws', broken],
    [
      'a nested getter that throws',
      {
        source: {
          kind: 'path',
          get path() {
            throw new Error('no image today');
          },
        },
      },
    ],
  ])('with %s is CONFIG_ERROR with the cause, and no rejection is left unhandled', async (_, exported) => {
    const error = await caught(parse(exported));
    await new Promise((resolve) => setImmediate(resolve));
    expect(error).toMatchObject({ code: 'CONFIG_ERROR', message: expect.stringContaining('no image today') });
    expect(String(error)).toContain('dock.config.ts');
  });

  test.each([
    [undefined, 'exports nothing'],
    [null, 'exports nothing'],
    [() => undefined, 'returns nothing'],
  ])('that is %p is never taken for an empty one', async (exported, text) => {
    expect(await caught(parse(exported))).toMatchObject({
      code: 'CONFIG_ERROR',
      message: expect.stringContaining(text),
    });
  });

  test('keeps the error of a plugin factory as it is', async () => {
    const refusal = new DockError('CONFIG_INVALID', 'In the options of plugin "push": no.');
    expect(
      await caught(
        parse(() => {
          throw refusal;
        }),
      ),
    ).toBe(refusal);
  });
});

describe('options of a plugin', () => {
  const schema = z.strictObject({ retries: z.number().optional(), registries: z.array(z.string()).optional() });

  test('that are left out are an empty object', () => {
    expect(parsePluginOptions(schema, undefined, 'push')).toEqual({});
  });

  test('that are wrong name the plugin, and list every issue', () => {
    const attempt = () => parsePluginOptions(schema, { retrys: 1, registries: [1, 2] }, 'push');
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: 'In the options of plugin "push": unknown key "retrys" (and 2 more).',
        hint: 'Did you mean "retries"?',
      }),
    );
    expect(attempt).toThrow(
      expect.objectContaining({ details: { issues: expect.arrayContaining([expect.any(String)]) } }),
    );
  });

  test('with an asynchronous schema are a defect', () => {
    const asynchronous = { '~standard': { validate: async () => Promise.reject(new Error('late')) } };
    expect(() => validate(asynchronous, {}, 'x')).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});

test.each([
  ['runMS', ['runMs', 'phaseMs'], 'runMs'],
  ['target-registries', ['target', 'targetRegistries'], 'targetRegistries'],
  ['pluigns', ['plugins', 'pull'], 'plugins'],
  ['tga', ['target', 'tag'], 'tag'],
  ['xy', ['id'], undefined],
  ['', ['id'], undefined],
  ['completely', ['different'], undefined],
  ['x'.repeat(1_000_000), ['id'], undefined],
])('the nearest word to "%.20s" of %j is %p', (word, candidates, expected) => {
  expect(nearestWord(word, candidates)).toBe(expected);
});

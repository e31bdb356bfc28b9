import { describe, expect, test } from '@jest/globals';
import { fillTemplate } from '../src/fill-template.js';
import { formatDate } from '@dock/core';
import { parseTemplate } from '../src/parse-template.js';

const startedAt = '2024-03-04T05:06:07.890Z';
const commit = '0123456789abcdef0123456789abcdef01234567';

function fill(template: string, values: Record<string, string | undefined> = {}, env: string[] = []): string {
  return fillTemplate(parseTemplate(template, env), new Map(Object.entries(values)), startedAt);
}

const refused = (message: string, hint = '') =>
  expect.objectContaining({
    code: 'CONFIG_INVALID',
    exitStatus: 2,
    message: expect.stringContaining(message) as never,
    hint: expect.stringContaining(hint) as never,
  });

describe('a template', () => {
  test.each([
    ['r:5000/app:1', {}, 'r:5000/app:1'],
    ['app:{git.commit}', { 'git.commit': commit }, `app:${commit}`],
    ['app:{package.version}-{git.short}', { 'package.version': '1.2', 'git.short': 'abc' }, 'app:1.2-abc'],
    ['app:{git.branch}', { 'git.branch': 'feature/x' }, 'app:feature-x'],
    ['app:{git.branch}', { 'git.branch': '-.dot/ends.' }, 'app:dot-ends.'],
    ['app:v{git.branch}', { 'git.branch': '.5' }, 'app:v.5'],
    ['app:{package.version}', { 'package.version': '1.0.0+build/7' }, 'app:1.0.0-build-7'],
    ['r.example/{package.name}:1', { 'package.name': '@Scope/My App' }, 'r.example/scope/my-app:1'],
    ['r.example/x/{git.branch}', { 'git.branch': 'Feature/_y' }, 'r.example/x/feature/y'],
    ['app:{label.org.example.version}', { 'label.org.example.version': '2' }, 'app:2'],
    ['app:{date}', {}, 'app:20240304'],
    ['app:{date:YYYY-MM-DD_hh.mm.ss}', {}, 'app:2024-03-04_05.06.07'],
  ])('"%s" with %j is "%s"', (template, values, expected) => {
    expect(fill(template, values)).toBe(expected);
  });

  test('takes the registry from an environment variable that is listed', () => {
    expect(
      fill('{env.REGISTRY}/app:{env.TAG}', { 'env.REGISTRY': 'r:5000/x', 'env.TAG': 'a/b' }, ['REGISTRY', 'TAG']),
    ).toBe('r:5000/x/app:a-b');
  });

  test.each([
    ['{git.branhc}', '"{git.branhc}", which is not a variable', 'Did you mean "{git.branch}"?'],
    ['app:{version}', '"{version}"', ''],
    ['app:{}', '"{}"', 'Variables:'],
    ['app:{label.}', '"{label.}"', ''],
    ['app:{env.TOKEN}', '"env" does not list', "env: ['TOKEN']"],
    ['app:{date:YYYY/MM}', '"{date:YYYY/MM}", whose format', ''],
    ['app:{date:}', '"{date:}"', ''],
    ['app:{git.short:7}', '"{git.short:7}"', ''],
    ['app:{git.short', 'brace', ''],
    ['app:git.short}', 'brace', ''],
    ['app:{{git.short}}', 'brace', ''],
  ])('"%s" is refused when the config loads', (template, message, hint) => {
    expect(() => parseTemplate(template, [])).toThrow(refused(message, hint));
  });

  test.each([
    ['app:{git.tag}', {}, '"{git.tag}", which has no value', 'Build from a tag'],
    ['app:{package.version}', { 'package.version': '' }, 'has no value', 'package.json'],
    ['app:{git.branch}', { 'git.branch': '///' }, 'is "///", of which nothing can stand there', ''],
    ['{package.name}:1', { 'package.name': '@/' }, 'is "@/"', ''],
  ])('"%s" with %j names template and variable', (template, values, message, hint) => {
    expect(() => fill(template, values)).toThrow(refused(message, hint));
    expect(() => fill(template, values)).toThrow(`The template "${template}"`);
  });

  test.each(['evil.example/x', 'localhost/x', 'evil.example/a/b'])(
    'does not let the source choose the registry by the name "%s"',
    (name) => {
      expect(() => fill('{package.name}:1', { 'package.name': name })).toThrow(
        refused('comes from a variable of the source'),
      );
      expect(fill('r.example/{package.name}:1', { 'package.name': name })).toBe(`r.example/${name}:1`);
    },
  );
});

test('a date is of UTC', () => {
  expect(formatDate('2024-12-31T23:30:00-02:00', 'YYYYMMDDhhmm')).toBe('202501010130');
});

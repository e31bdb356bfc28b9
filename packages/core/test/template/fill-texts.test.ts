import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { GitFacts } from '../../src/contracts/checkout.js';
import { escapeTemplate, fillTexts, usesVariable } from '../../src/template/fill-texts.js';

let contextDir: string;
beforeEach(() => {
  contextDir = mkdtempSync(join(tmpdir(), 'dock-template-'));
  writeFileSync(join(contextDir, 'package.json'), '{"name":"@scope/app","version":"3.4.5"}');
});
afterEach(() => rmSync(contextDir, { recursive: true, force: true }));

const facts: GitFacts = {
  commit: '0123456789abcdef0123456789abcdef01234567',
  ref: 'main',
  authorDate: '2024-05-06T07:08:09+02:00',
  commitDate: '2024-06-06T07:08:09+02:00',
  describe: 'v1.2-3-g0123456',
  isDirty: false,
};

async function fill(text: string, git: GitFacts = facts): Promise<string | undefined> {
  const checkout = { kind: 'path', directory: contextDir, contextDir, git } as const;
  const context = { checkout, runId: 'run-1', startedAt: '2024-03-04T05:06:07.890Z' };
  const { labels, buildArgs } = await fillTexts(
    { labels: { x: text }, buildArgs: { X: text }, hasTemplates: true },
    context,
  );
  expect(buildArgs).toEqual({ X: labels?.['x'] });
  return labels?.['x'];
}

describe('labels and build arguments of a config', () => {
  test.each([
    ['{git.describe}', 'v1.2-3-g0123456'],
    ['{git.commitDate}', '2024-06-06T05:08:09Z'],
    ['{git.commitDate:YYYYMMDD}', '20240606'],
    ['{git.date}', '20240506'],
    ['{git.short}-{git.branch}', '0123456789ab-main'],
    ['{package.name} {package.version}', '@scope/app 3.4.5'],
    ['{date}', '20240304'],
    ['{date:YYYY-MM-DDThh:mm:ssZ}', '2024-03-04T05:06:07Z'],
    ['{run.id}', 'run-1'],
    ['{"commit":"{git.short}"}', '{"commit":"0123456789ab"}'],
  ])('have the value of %s', async (text, expected) => {
    expect(await fill(text)).toBe(expected);
  });

  test.each([
    '{"a":{"b":1}}',
    'Path(`/users/{id}`)',
    '/{name}/x',
    '{{.Name}}',
    '{{ version }}',
    '${version}',
    '$' + '{git.short}',
    '{}',
    '{a,b}',
    'json {',
  ])('have other braces as they are: %s', async (text) => {
    expect(await fill(text)).toBe(text);
  });

  test.each([
    ['{{git.tag}}', '{git.tag}'],
    ['{{version}}', '{version}'],
    ['{{{version}}}', '{{version}}'],
  ])('have %s as %s', async (text, expected) => {
    expect(await fill(text)).toBe(expected);
  });

  test.each([
    ['{git.shrot}', 'is not a variable', 'Did you mean "{git.short}"?'],
    ['{version}', 'is not a variable', 'Did you mean "{package.version}"?'],
    ['{git.}', 'is not a variable', 'Variables:'],
    ['{git.tag}', 'has no value in this build', 'Build from a tag'],
    ['{env.HOME}', 'is a variable of tag() alone', 'process.env.HOME'],
    ['{label.x}', 'is a variable of tag() alone', 'Write its value.'],
    ['{git.short:7}', 'has a format that is not known', ''],
    ['{date:DD/MM}', 'has a format that is not known', ''],
  ])('with %s are refused', async (text, words, hint) => {
    await expect(fill(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`The config's "labels.x" uses "${text}", which ${words}`),
      hint: expect.stringContaining(hint),
    });
  });

  test('are taken as they are where they come from elsewhere', async () => {
    const texts = { labels: { x: '{git.short}' }, buildArgs: { X: '{version}' } };
    const checkout = { kind: 'path', directory: contextDir, contextDir } as const;
    expect(await fillTexts(texts, { checkout, runId: 'r', startedAt: '2024-03-04T05:06:07Z' })).toEqual(texts);
  });
});

test.each(['{git.tag}', '{{git.tag}}', '{version}', '{{version}}', '{"a":1}', '{{.Name}}', '${git.tag}', 'x{date}y'])(
  'a flag with %s means just that',
  async (text) => {
    expect(await fill(escapeTemplate(text))).toBe(text);
  },
);

test.each([
  ['{git.describe}', true],
  ['v{git.describe}!', true],
  ['{{git.describe}}', false],
  ['git.describe', false],
])('%s needs the history: %s', (text, expected) => {
  expect(usesVariable({ labels: { x: text }, hasTemplates: true }, 'git.describe')).toBe(expected);
  expect(usesVariable({ labels: { x: text } }, 'git.describe')).toBe(false);
});

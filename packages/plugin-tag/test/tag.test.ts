import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatImageReference, type TargetReference } from '@dock/core';
import { buildSpec, checkout, type ContextOverrides, runPlugin } from '@dock/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { tag, type TagOptions } from '../src/index.js';

let contextDir: string;

beforeEach(async () => {
  contextDir = await mkdtemp(join(tmpdir(), 'dock-tag-'));
});

afterEach(async () => rm(contextDir, { recursive: true, force: true }));

async function run(options: TagOptions, more: ContextOverrides = {}, spec = buildSpec()) {
  const outcome = await runPlugin(tag(options), {
    hook: 'prebuild',
    value: spec,
    context: { checkout: checkout({ contextDir }), ...more },
  });
  const references = outcome.value?.references ?? [];
  return { ...outcome, references, names: references.map(formatImageReference) };
}

describe('tag()', () => {
  test.each([
    [{}, 'neither "references" nor "floating"'],
    [{ references: [''] }, '"references[0]"'],
    [{ references: ['a:{nope}'] }, '"{nope}"'],
    [{ floating: ['a:{env.X}'] }, '"env" does not list'],
    [{ references: ['a'], registries: ['mirror'] }, '"registries[0]"'],
    [{ references: ['a'], env: ['A B'] }, '"env[0]"'],
    [{ reference: ['a'] }, 'unknown key "reference"'],
  ])('refuses %j when the config loads', (options, message) => {
    expect(() => tag(options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) as never }),
    );
  });

  test('orders unique, fixed and floating names, and keeps those that are there already', async () => {
    const there: TargetReference = {
      registry: 'docker.io',
      repository: 'library/app',
      tag: 'local',
      isLocalOnly: true,
    };
    const { names, references, reports } = await run(
      {
        floating: ['r:5000/app:latest'],
        references: ['r:5000/app:1', 'r:5000/app:{git.short}', 'r:5000/app:{run.id}'],
      },
      {},
      buildSpec({ references: [there] }),
    );
    expect(names).toEqual([
      'docker.io/library/app:local',
      'r:5000/app:0123456789ab',
      'r:5000/app:run-plugin',
      'r:5000/app:1',
      'r:5000/app:latest',
    ]);
    expect(references[0]).toEqual(there);
    expect(references.map(({ isFloating }) => isFloating === true)).toEqual([false, false, false, false, true]);
    expect(reports).toMatchObject([
      { references: expect.arrayContaining([{ name: 'r:5000/app:latest', isFloating: true }]) },
    ]);
  });

  test('makes each name once; one that is called floating is floating', async () => {
    const { names, references } = await run(
      {
        references: ['r:5000/app:{git.branch}', 'r:5000/app:main'],
        floating: ['r:5000/app', 'r:5000/app:latest', 'r:5000/x:1'],
      },
      {},
      buildSpec({ references: [{ registry: 'r:5000', repository: 'x', tag: '1' }] }),
    );
    expect(names).toEqual(['r:5000/x:1', 'r:5000/app:main', 'r:5000/app:latest']);
    expect(references[0]?.isFloating).toBe(true);
  });

  test('makes each name under each registry, but one that has a registry stays', async () => {
    const { names } = await run({
      references: ['team/app:1', 'own.example/app:1'],
      floating: ['app:latest'],
      registries: ['a.example', 'b:5000/mirror'],
    });
    expect(names).toEqual([
      'a.example/team/app:1',
      'b:5000/mirror/team/app:1',
      'own.example/app:1',
      'a.example/app:latest',
      'b:5000/mirror/app:latest',
    ]);
  });

  test('reads package.json of the context', async () => {
    await writeFile(join(contextDir, 'package.json'), '{"name":"@team/app","version":"3.4.5-rc.1"}');
    const { names } = await run({
      references: ['r:5000/{package.name}:{package.version}'],
      floating: ['r:5000/app:{package.major}', 'r:5000/app:{package.minor}', 'r:5000/app:p{package.patch}'],
    });
    expect(names).toEqual(['r:5000/team/app:3.4.5-rc.1', 'r:5000/app:3', 'r:5000/app:3.4', 'r:5000/app:p5']);
  });

  test.each([
    ['is not there', async () => undefined, 'has no value'],
    ['is no JSON', async () => writeFile(join(contextDir, 'package.json'), '{'), 'cannot be read'],
    ['is null', async () => writeFile(join(contextDir, 'package.json'), 'null'), 'cannot be read'],
    ['is a link', async () => symlink('/etc/hostname', join(contextDir, 'package.json')), 'not a regular file'],
    ['is a FIFO', async () => void execFileSync('mkfifo', [join(contextDir, 'package.json')]), 'not a regular file'],
  ])('is CONFIG_INVALID when a package.json that is needed %s', async (_, prepare, message) => {
    await prepare();
    const { error } = await run({ references: ['r:5000/app:{package.version}'] });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) });
    expect((await run({ references: ['r:5000/app:1'] })).error).toBeUndefined();
  });

  test('knows the labels of the build and of the Dockerfile; those of the build win', async () => {
    const text = 'FROM scratch\nLABEL version=1 org.example.name="My App"\n';
    const spec = buildSpec({ dockerfile: { path: '/Dockerfile', text }, labels: { version: '2' } });
    const { names } = await run({ references: ['r:5000/{label.org.example.name}:{label.version}'] }, {}, spec);
    expect(names).toEqual(['r:5000/my-app:2']);
  });

  test('says where a label has to be set that a plugin sets too late', async () => {
    const { error } = await run({ references: ['r:5000/app:{label.version}'] });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('{ before: "tag" }') });
  });

  test('has only the environment variables that are listed', async () => {
    const { names } = await run({ references: ['r:5000/app:{env.CI_ID}'], env: ['CI_ID'] }, { env: { CI_ID: '77' } });
    expect(names).toEqual(['r:5000/app:77']);
    const { error } = await run({ references: ['r:5000/app:{env.CI_ID}'], env: ['CI_ID'] });
    expect(error?.message).toContain('"{env.CI_ID}", which has no value');
  });

  const commit = '0123456789abcdef0123456789abcdef01234567';

  test.each([
    ['git', 'refs/heads/feature/x', 'git.branch', 'feature-x'],
    ['git', 'refs/heads/main', 'git.tag', undefined],
    ['git', 'refs/tags/v1.2', 'git.tag', 'v1.2'],
    ['git', 'refs/tags/v1.2', 'git.branch', undefined],
    ['git', 'v1.2', 'git.tag', 'v1.2'],
    ['git', commit, 'git.branch', undefined],
    ['git', commit, 'git.tag', undefined],
    ['git', commit, 'git.ref', commit],
    ['path', 'main', 'git.branch', 'main'],
    ['path', 'main', 'git.tag', undefined],
    ['path', undefined, 'git.branch', undefined],
  ] as const)('of a %s source at ref %s, {%s} is %s', async (kind, ref, variable, value) => {
    const git = { commit, authorDate: '2024-01-02T03:04:05Z', isDirty: false, ...(ref === undefined ? {} : { ref }) };
    const { names, error } = await run(
      { references: [`r:5000/app:{${variable}}`] },
      { checkout: checkout({ kind, contextDir, git }) },
    );
    expect(error?.code).toBe(value === undefined ? 'CONFIG_INVALID' : undefined);
    expect(names).toEqual(value === undefined ? [] : [`r:5000/app:${value}`]);
  });

  test('warns of a commit in the name of what was built from a changed work tree', async () => {
    const git = { commit, authorDate: '2024-01-02T03:04:05Z', isDirty: true };
    const dirty = { checkout: checkout({ contextDir, git }) };
    const named = await run({ references: ['r:5000/app:{git.short}'] }, dirty);
    const plain = await run({ references: ['r:5000/app:1'] }, dirty);
    expect(named.warnings.map(({ message }) => message)).toEqual([expect.stringContaining('differs')]);
    expect(plain.warnings).toEqual([]);
  });

  test.each([
    ['r:5000/App:1', 'INVALID_IMAGE_NAME'],
    [`r:5000/app:{label.long}`, 'INVALID_IMAGE_NAME'],
    [`r:5000/app@sha256:${'a'.repeat(64)}`, 'INVALID_IMAGE_NAME'],
  ])('"%s" is %s', async (reference, code) => {
    const { error } = await run({ references: [reference] }, {}, buildSpec({ labels: { long: 'x'.repeat(129) } }));
    expect(error).toMatchObject({ code, exitStatus: 2 });
  });
});

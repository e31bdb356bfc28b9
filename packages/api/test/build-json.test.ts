import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readBuildJson } from '../src/predecessor/build-json.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-build-json-'));
  file = join(directory, 'build.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const legacy = {
  git_url: 'https://git.example.com/team/hello.git',
  git_commit: 'main',
  git_dockerfile_path: 'sub/Dockerfile',
  image: 'team/hello:1',
  parent_registry: 'registry.example.com',
  target_registries: ['registry.example.com'],
  prebuild_plugins: [],
};

describe('a build.json of the older dock', () => {
  test('says what is built, from where, and where it goes', () => {
    writeFileSync(file, JSON.stringify(legacy));
    expect(readBuildJson({ file, env: {} })).toEqual({
      request: {
        source: { kind: 'git', url: legacy.git_url, ref: 'main', subdir: 'sub' },
        dockerfile: 'Dockerfile',
        tags: ['team/hello:1'],
        targetRegistries: ['registry.example.com'],
      },
      parentRegistry: 'registry.example.com',
    });
  });

  test('may have a source of its newer form, a directory too', () => {
    const { git_url: _url, git_commit: _commit, git_dockerfile_path: _path, ...rest } = legacy;
    const source = { provider: 'path', uri: 'file:///src/app', dockerfile_path: 'sub' };
    expect(readBuildJson({ env: { BUILD_JSON: JSON.stringify({ ...rest, source }) }, file }).request).toMatchObject({
      source: { kind: 'path', path: '/src/app/sub' },
    });
  });

  test('is looked for in the file, then in the variable; either can be named', () => {
    writeFileSync(file, JSON.stringify({ ...legacy, image: 'from-file' }));
    const env = { BUILD_JSON: JSON.stringify({ ...legacy, image: 'from-variable' }) };
    const tagsOf = (input?: 'path' | 'env') => readBuildJson({ input, file, env }).request.tags;
    expect([tagsOf(), tagsOf('path'), tagsOf('env')]).toEqual([['from-file'], ['from-file'], ['from-variable']]);
  });

  test.each<[string, Parameters<typeof readBuildJson>[0]['input'], unknown, string, RegExp]>([
    ['is nowhere', undefined, undefined, 'USAGE', /nor in the variable "BUILD_JSON"/],
    ['is not where it is said to be', 'path', undefined, 'USAGE', /the file "/],
    ['is a list', 'env', [], 'CONFIG_INVALID', /not an object/],
    ['has a key that is none', 'env', { ...legacy, images: 'x' }, 'CONFIG_INVALID', /"images"/],
    ['names no image', 'env', { git_url: legacy.git_url }, 'CONFIG_INVALID', /no "image"/],
    ['names no source', 'env', { image: 'x' }, 'CONFIG_INVALID', /no source/],
    [
      'lists plugins',
      'env',
      { ...legacy, postbuild_plugins: [{ name: 'x' }] },
      'CONFIG_INVALID',
      /"postbuild_plugins"/,
    ],
    ['has a git URL that is not allowed', 'env', { ...legacy, git_url: 'ext::sh' }, 'INVALID_GIT_URL', /"ext"/],
  ])('that %s is refused', (_, input, value, code, message) => {
    const env = value === undefined ? {} : { BUILD_JSON: JSON.stringify(value) };
    expect(() => readBuildJson({ input, file, env })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

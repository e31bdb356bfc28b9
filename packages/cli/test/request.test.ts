import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { defineConfig } from '@dock/cli';
import type { BuildFlagValues } from '../src/request/build-flags.js';
import { type BuildInput, prepareBuild } from '../src/request/build-request.js';
import { parseBytes } from '../src/request/parse-bytes.js';
import { parseUlimit } from '../src/request/parse-ulimit.js';
import { deniedBooleans, plainBooleans } from '../src/command/boolean-values.js';

const prepare = (flags: BuildFlagValues, more: Partial<BuildInput> = {}) =>
  prepareBuild({ source: undefined, flags, cwd: '/work', env: { FROM_ENV: 'e' }, ...more });
const request = (flags: BuildFlagValues, more?: Partial<BuildInput>) => prepare(flags, more).request;

test('0 is a size for /dev/shm, as with docker, and none for memory', () => {
  expect(parseBytes('0', '--shm-size', 0)).toBe(0);
  expect(() => parseBytes('0', '--memory')).toThrow('"--memory 0" is not a size.');
});

describe('named contexts', () => {
  test('of flags are relative to where the user is, those of a config to its directory, and both count', () => {
    const config = defineConfig({ contexts: { a: 'x', b: './y', c: 'docker-image://busybox:1' } });
    const flags = { 'build-context': ['b=z', 'docker.io/library/d:latest=oci-layout://d:v1'] };
    expect(request(flags, { config, configFile: '/conf/dock.config.ts' }).contexts).toEqual({
      a: '/conf/x',
      b: '/work/z',
      c: 'docker-image://busybox:1',
      d: 'oci-layout:///work/d:v1',
    });
  });

  test.each(['a', 'a=', '=x', 'A B=x', ''])('%j is refused', (word) => {
    expect(() => request({ 'build-context': [word] })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

test('stages to build again come one by one and with commas', () => {
  expect(request({ 'no-cache-filter': ['a,b', 'c'] }).noCacheFilter).toEqual(['a', 'b', 'c']);
});

describe('the source', () => {
  test.each([
    ['https://host/r.git', 'git'],
    ['http://host/r.git#main:sub', 'git'],
    ['ssh://git@host/r', 'git'],
    ['git@host:r.git', 'git'],
    ['git://host/r', 'git'],
    ['file:///r', 'git'],
    ['htps://host/r.git', 'git'],
    ['ext::sh -c x', 'git'],
    ['github.com/a/b', 'git'],
    ['./github.com/a/b', 'path'],
    ['.', 'path'],
    ['../x', 'path'],
    ['/abs', 'path'],
    ['dir/with@at:colon', 'path'],
    ['github.com', 'path'],
  ])('%s is of the kind %s', (text, kind) => expect(request({}, { source: text }).source.kind).toBe(kind));

  test('that is a directory is one, whatever its name looks like', () => {
    const cwd = mkdtempSync(join(tmpdir(), 'dock-request-test-'));
    try {
      mkdirSync(join(cwd, 'github.com', 'a', 'b'), { recursive: true });
      mkdirSync(join(cwd, 'git@host:r.git'));
      for (const source of ['github.com/a/b', 'git@host:r.git'])
        expect(request({}, { source, cwd }).source).toEqual({ kind: 'path', path: join(cwd, source) });
      expect(request({}, { source: 'github.com/a/c', cwd }).source.kind).toBe('git');
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  test.each(['https://host/context.tar.gz', 'http://127.0.0.1:8080/Dockerfile', 'https://github.com/a/b#main'])(
    '%s is a file to download, unless a commit is asked for',
    (source) => {
      expect(request({ file: 'sub/Other' }, { source })).toMatchObject({
        source: { kind: 'archive', url: source },
        dockerfile: 'sub/Other',
      });
      expect(request({ 'git-commit': 'main' }, { source }).source).toMatchObject({ kind: 'git', url: source });
    },
  );

  test('is the argument, else the config’s, else the directory of the config, else where the user stands', () => {
    const config = defineConfig({ source: 'app' });
    const configFile = '/else/dock.config.ts';
    expect(request({}, { source: 'x', config, configFile }).source).toEqual({ kind: 'path', path: '/work/x' });
    expect(request({}, { config, configFile }).source).toEqual({ kind: 'path', path: '/else/app' });
    expect(request({}, { config: {}, configFile }).source).toEqual({ kind: 'path', path: '/else' });
    expect(request({}).source).toEqual({ kind: 'path', path: '/work' });
  });

  test('takes commit and schemes from the flags, over the config’s', () => {
    const config = defineConfig({ source: { kind: 'git', url: 'https://h/r.git', ref: 'old', depth: 3 } });
    expect(request({ 'git-commit': 'new', 'git-scheme': ['http'] }, { config }).source).toEqual({
      kind: 'git',
      url: 'https://h/r.git',
      ref: 'new',
      depth: 3,
      allowedSchemes: ['http'],
    });
  });
});

describe('flags and config', () => {
  test('become one request, a flag winning over the config', () => {
    const config = defineConfig({
      image: ['a', 'b'],
      targetRegistries: ['r.example.com'],
      target: 'old',
      noCache: true,
      buildArgs: { A: '1', B: '1' },
      labels: { x: '1' },
      timeouts: { runMs: 5 },
    });
    const flags = { tag: ['c'], target: 'new', 'build-arg': ['B=2', 'FROM_ENV', 'NOT_SET'], label: ['y'] };
    expect(request(flags, { config })).toEqual({
      source: { kind: 'path', path: '/work' },
      tags: ['c'],
      targetRegistries: ['r.example.com'],
      target: 'new',
      noCache: true,
      buildArgs: { A: '1', B: '2', FROM_ENV: 'e' },
      labels: { x: '1', y: '' },
      hasTemplates: true,
      timeouts: { runMs: 5 },
    });
    expect(request({}, { config }).tags).toEqual(['a', 'b']);
  });

  test('have templates in the config alone', () => {
    const config = defineConfig({ labels: { own: '{git.short}' } });
    expect(request({ label: ['given={git.short}'] }, { config })).toMatchObject({
      labels: { own: '{git.short}', given: '{{git.short}}' },
    });
    expect(request({ label: ['given={git.short}'] }).labels).toEqual({ given: '{git.short}' });
  });

  test('carry every flag of docker users', () => {
    const flags: BuildFlagValues = {
      platform: ['linux/amd64,linux/arm64', 'linux/arm/v7'],
      builder: 'classic',
      'no-cache': true,
      pull: true,
      network: 'host',
      'add-host': ['h:1.2.3.4'],
      'shm-size': '64m',
      memory: '1g',
      ulimit: ['nofile=1024:2048'],
      'cache-from': ['c:1'],
      'no-push': true,
      'target-registry': ['r:5000'],
      annotation: ['index:a=1'],
      attest: ['type=sbom'],
      sbom: 'generator=s:1',
      provenance: 'true',
      allow: ['network.host,security.insecure', 'device'],
      'cgroup-parent': '/group',
    };
    expect(request(flags)).toEqual({
      source: { kind: 'path', path: '/work' },
      platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
      builder: 'classic',
      noCache: true,
      pull: true,
      network: 'host',
      addHosts: ['h:1.2.3.4'],
      shmSize: 64 * 1024 ** 2,
      memory: 1024 ** 3,
      ulimits: [{ name: 'nofile', soft: 1024, hard: 2048 }],
      cacheFrom: ['c:1'],
      publish: false,
      targetRegistries: ['r:5000'],
      annotations: ['index:a=1'],
      attest: ['type=sbom'],
      sbom: 'generator=s:1',
      provenance: 'true',
      allow: ['network.host', 'security.insecure', 'device'],
      cgroupParent: '/group',
    });
  });

  test('leave the Dockerfile relative to the user beside a directory, and to the context in git', () => {
    expect(request({ file: 'D' }, { source: 'ctx' }).dockerfile).toBe('/work/D');
    expect(request({ file: 'sub/D' }, { source: 'https://h/r.git' }).dockerfile).toBe('sub/D');
  });

  test('hand on what decides the plugins', () => {
    const runner = { name: 'r', run: () => Promise.reject(new Error('unused')) };
    const plugins = [{ name: 'p', apply: () => undefined }];
    const flags = { push: true, 'parent-registry': 'r' };
    expect(prepare(flags, { config: { runner, plugins }, configFile: '/c' })).toMatchObject({
      runner,
      plugins,
      push: true,
      parentRegistry: 'r',
      configFile: '/c',
    });
  });
});

describe('values', () => {
  test.each([
    ['512m', 512 * 1024 ** 2],
    ['1.5 GiB', 1.5 * 1024 ** 3],
    ['1e3', 1000],
  ])('the size %s is read', (text, bytes) => expect(parseBytes(text, '--memory')).toBe(bytes));

  test.each(['', 'x', '1x', '0', '1 k b', '--5', '-5', '5bb', '5ib', 'Infinity'])('the size %j is refused', (input) => {
    expect(() => parseBytes(input, '--memory')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });

  test.each([
    ['nofile=5', { name: 'nofile', soft: 5, hard: 5 }],
    ['core=-1', { name: 'core', soft: -1, hard: -1 }],
    ['nproc=1:-1', { name: 'nproc', soft: 1, hard: -1 }],
  ])('the limit %s is read', (text, limit) => expect(parseUlimit(text)).toEqual(limit));

  test.each(['nofile', 'nofile=', 'nofile=2:1', 'nofile=-1:5', 'NOFILE=1', 'x=1'])(
    'the limit %s is refused',
    (text) => {
      expect(() => parseUlimit(text)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    },
  );

  test.each([
    ['true', true],
    ['false', false],
    ['always', 'always'],
    ['missing', 'missing'],
    ['never', 'never'],
  ])('--pull=%s is %p', (text, expected) => expect(request({ pull: text }).pull).toBe(expected));

  test('--pull alone is --pull=true, also before the source', () => {
    expect(plainBooleans(['--pull', '.', '--', '--pull'], {}, { pull: 'true' })).toEqual([
      '--pull',
      'true',
      '.',
      '--',
      '--pull',
    ]);
    expect(() => request({ pull: 'sometimes' })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  test('a label may have any name', () => {
    expect(JSON.stringify(request({ label: ['__proto__=1', 'constructor=2'] }).labels)).toBe(
      '{"__proto__":"1","constructor":"2"}',
    );
    expect(Object.getPrototypeOf(request({ label: ['a=1'] }).labels)).toBe(Object.prototype);
  });

  test('booleans may be written as docker takes them', () => {
    const flags = { push: { type: 'boolean' }, tag: { type: 'option' } };
    const words = ['--push=true', '--push=0', '--tag=true', '--push=maybe', '--', '--push=false'];
    expect(plainBooleans(words, flags)).toEqual(['--push', '--tag=true', '--push=maybe', '--', '--push=false']);
  });

  test.each([
    [
      ['--push=false', '--keep=0'],
      ['push', 'keep'],
    ],
    [['--push=false', '--push'], []],
    [['--push', '--push=F'], ['push']],
    [['--tag=false', '--', '--push=false'], []],
  ])('%j denies %j', (words, denied) => {
    const kinds = { push: { type: 'boolean' }, keep: { type: 'boolean' }, tag: { type: 'option' } };
    expect([...deniedBooleans(words, kinds)]).toEqual(denied);
  });

  test('a denied boolean wins over the config', () => {
    const config = { pull: true, noCache: true, trustFrontend: true, publish: false };
    const flags = { pull: false, 'no-cache': false, 'trust-frontend': false, 'no-push': false };
    const build = prepareBuild({ source: '.', flags, config, configFile: '/x/dock.config.ts', cwd: '/x', env: {} });
    expect(build.request).toMatchObject({ pull: false, noCache: false, trustFrontend: false, publish: true });
  });

  test('"--push=false" publishes nothing, whatever the config has', () => {
    expect(request({ push: false })).toMatchObject({ publish: false });
    expect(request({ push: false, 'no-push': false })).toMatchObject({ publish: false });
    expect(request({ push: true }).publish).toBeUndefined();
  });

  const forbidding = (flags: Parameters<typeof prepareBuild>[0]['flags']) => () =>
    prepareBuild({
      source: '.',
      flags,
      config: { publish: false },
      configFile: '/x/dock.config.ts',
      cwd: '/x',
      env: {},
    });

  test.each([
    [{ push: true }, '--push'],
    [{ 'target-registry': ['r.example.com'] }, '--target-registry'],
  ])('%j beside "publish: false" in the config is refused, and says so', (flags, flag) => {
    expect(forbidding(flags)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(`^${flag} asks for publishing`),
      }),
    );
  });

  test.each([{}, { 'no-push': true, push: true }, { push: true, 'no-push': false }])(
    '%j says itself what counts',
    (flags) => {
      expect(forbidding(flags)).not.toThrow();
    },
  );

  test('floating names and the word on verification go into the request', () => {
    const flags = { floating: ['r.example.com/a:latest'], verify: 'required' };
    expect(request(flags)).toMatchObject(flags);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BuildJob, type BuildRequest, DockError } from '@dock/core';
import { registryAccess } from '@dock/registry';
import { createPlaceNames } from '../src/host/place-names.js';
import { buildrootReference } from '../src/host/push-buildroot.js';
import { checkTravels } from '../src/pack/check-travels.js';
import { passedCredentials } from '../src/inside/connect-inside.js';
import { credentialHosts, lookUpCredentials } from '../src/pack/travelling-credentials.js';
import { packCacheVariables } from '../src/pack/travelling-secrets.js';
import { packSecrets } from '../src/pack/travelling-secrets.js';
import { packSource } from '../src/pack/travelling-source.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-travel-test-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const path = (more: Partial<BuildRequest> = {}): BuildRequest => ({ source: { kind: 'path', path: 'app' }, ...more });
const git = (url: string): BuildRequest => ({ source: { kind: 'git', url } });
const inside = { specifier: 'x', directory: '/' };

describe('what cannot travel', () => {
  test.each<[string, Partial<BuildJob>, string]>([
    ['plugins as objects', { origin: { kind: 'live' } }, 'LIVE_PLUGINS'],
    ['a directory beside the source', { request: path({ contexts: { x: '/x' } }) }, 'OPTION_UNSUPPORTED'],
    ['a local cache', { request: path({ cacheTo: ['type=local,dest=/x'] }) }, 'OPTION_UNSUPPORTED'],
    ['an ssh agent', { request: path({ ssh: [{ id: 'default', socket: '/agent' }] }) }, 'OPTION_UNSUPPORTED'],
    ['a repository on this machine', { request: git('file:///repository') }, 'OPTION_UNSUPPORTED'],
    ['an output', { request: path({ outputs: ['type=local,dest=/x'] }) }, 'OPTION_UNSUPPORTED'],
    ['a builder of this machine', { request: path({ builder: 'tcp://127.0.0.1:1234' }) }, 'OPTION_UNSUPPORTED'],
    ['a builder of buildx', { request: path({ builder: 'mine' }) }, 'OPTION_UNSUPPORTED'],
  ])('%s is refused', (_, job, code) => {
    expect(() => checkTravels({ request: path(), plugins: [], inside, ...job }, 'r')).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test('a build secret that is no text is refused, any other goes under a name of its own', async () => {
    writeFileSync(join(directory, 'binary'), Buffer.of(0xff, 0xfe));
    const secrets = [{ id: 'a', env: 'A' }] as const;
    expect(await packSecrets(path({ secrets }), { A: 'value' })).toEqual({
      secrets: [{ id: 'a', env: 'DOCK_BUILD_SECRET_0' }],
      values: { DOCK_BUILD_SECRET_0: 'value' },
      mask: ['value'],
    });
    const binary = [{ id: 'b', file: join(directory, 'binary') }];
    await expect(packSecrets(path({ secrets: binary }), {})).rejects.toMatchObject({ code: 'OPTION_UNSUPPORTED' });
  });
});

test('keys of ssh go by their text, under names of their own, and are masked', async () => {
  const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  writeFileSync(join(directory, 'id'), key);
  const file = join(directory, 'id');
  const ssh = [
    { id: 'default', keys: [file, file] },
    { id: 'other', env: ['KEY'] },
  ];
  expect(await packSecrets(path({ ssh }), { KEY: key })).toEqual({
    ssh: [
      { id: 'default', env: ['DOCK_SSH_KEY_0', 'DOCK_SSH_KEY_1'] },
      { id: 'other', env: ['DOCK_SSH_KEY_2'] },
    ],
    values: { DOCK_SSH_KEY_0: key, DOCK_SSH_KEY_1: key, DOCK_SSH_KEY_2: key },
    mask: [key, key, key].map((text) => text.split('\n')[1]),
  });
  const locked = [{ id: 'default', keys: [join(directory, 'gone')] }];
  await expect(packSecrets(path({ ssh: locked }), {})).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

describe('a source', () => {
  const host = () => ({ cwd: directory, env: { PATH: process.env['PATH'] }, signal: new AbortController().signal });

  test('that is a git URL leaves its credentials behind', async () => {
    const packed = await packSource(git('https://robot:p%40ss@git.example.com/a.git#main'), host());
    expect(packed.change.source).toEqual({ kind: 'git', url: 'https://git.example.com/a.git#main' });
    expect(packed.sourceUrl).toContain('p%40ss');
    expect(packed.secrets).toEqual(['p@ss', 'robot:p@ss']);
  });

  test.each(['https://git.example.com/a.git#main', 'https://robot@git.example.com/a.git#main'])(
    'that is the git URL %s takes what .netrc has for its host along, as if it stood there',
    async (url) => {
      writeFileSync(
        join(directory, '.netrc'),
        'machine other.example login o password other-1\nmachine git.example.com login robot password p@ss\n',
      );
      const { env, ...rest } = host();
      const source = { kind: 'git', url, gitCredentials: 'netrc' } as const;
      const packed = await packSource({ source }, { ...rest, env: { ...env, HOME: directory } });
      expect(packed.change.source).toEqual({ kind: 'git', url: 'https://git.example.com/a.git#main' });
      expect(packed.sourceUrl).toBe('https://robot:p%40ss@git.example.com/a.git#main');
      expect(packed.secrets).toEqual(['p@ss', 'robot:p@ss']);
    },
  );

  test('that is a git URL leaves behind a password with an "@"', async () => {
    const packed = await packSource(git('https://robot:p@ss@git.example.com/a.git?ref=main'), host());
    expect(packed.change.source).toEqual({ kind: 'git', url: 'https://git.example.com/a.git?ref=main' });
    expect(packed.secrets).toEqual(['p@ss', 'robot:p@ss']);
  });

  test('that is a git URL nobody can read does not travel', async () => {
    await expect(packSource(git('https://robot:p/ss@git.example.com/a.git'), host())).rejects.toMatchObject({
      code: 'INVALID_GIT_URL',
      message: expect.not.stringContaining('p/ss'),
    });
  });

  test('that is a directory goes by its ignore file, with Dockerfile and ignore files in any case', async () => {
    mkdirSync(join(directory, 'app', 'node_modules'), { recursive: true });
    for (const [name, text] of Object.entries({
      Dockerfile: 'FROM registry.example.com/base:1\n',
      '.dockerignore': '*\n!kept\n',
      kept: 'kept',
      left: 'left',
      'node_modules/x': 'x',
    }))
      writeFileSync(join(directory, 'app', name), text);
    const packed = await packSource(path(), host());
    const chunks: Buffer[] = [];
    const archive = packed.tar?.stream([{ path: 'first', content: '' }], 'source/') ?? [];
    for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
    const tar = Buffer.concat(chunks).toString('latin1');
    expect(
      [
        'first',
        ...['Dockerfile', '.dockerignore', 'kept', 'left', 'node_modules'].map((name) => `source/${name}`),
      ].filter((path) => tar.includes(`${path}\0`)),
    ).toEqual(['first', 'source/Dockerfile', 'source/.dockerignore', 'source/kept']);
    expect(packed).toMatchObject({
      change: { source: { kind: 'path', path: '/run/dock/source' } },
      pathFacts: null,
      registries: ['registry.example.com'],
    });
  });

  test('has a Dockerfile outside of it beside it', async () => {
    mkdirSync(join(directory, 'app'));
    writeFileSync(join(directory, 'Other'), 'FROM scratch\n');
    const packed = await packSource(path({ dockerfile: join(directory, 'Other') }), host());
    expect(packed.change.dockerfile).toBe('/run/dock/dockerfile/Other');
    expect(packed.files.map(({ path: at }) => at)).toEqual(['dockerfile/Other']);
  });
});

test('paths inside are those of the host again, in every text', () => {
  const rename = createPlaceNames([['/run/dock/source', '/home/me/app']]);
  expect(rename({ a: ['in /run/dock/source/Dockerfile'], b: 1, c: null })).toEqual({
    a: ['in /home/me/app/Dockerfile'],
    b: 1,
    c: null,
  });
});

test('credentials travel for the image, its targets, the parent, the Dockerfile and what is named', () => {
  const request = path({ tags: ['a.example.com/x:1'], targetRegistries: ['b.example.com/mirror'] });
  const caches = { cacheFrom: ['f.example.com/c'], cacheTo: ['type=registry,ref=g.example.com/c,mode=max'] };
  expect(credentialHosts({ request: { ...request, ...caches }, named: [], fromDockerfile: [] })).toEqual([
    'a.example.com',
    'b.example.com',
    'f.example.com',
    'g.example.com',
  ]);
  const named = ['c.example.com'];
  expect(
    credentialHosts({ request, named, parentRegistry: 'd.example.com/p', fromDockerfile: ['e.example.com'] }),
  ).toEqual(['a.example.com', 'b.example.com', 'd.example.com', 'e.example.com', 'c.example.com']);
  expect(credentialHosts({ request: git('https://x/y.git'), named: [] })).toEqual(['docker.io']);
});

test('what the environment says of a cache travels with it, and its secrets are masked', () => {
  const env = { ACTIONS_RUNTIME_TOKEN: 'the-token', ACTIONS_RESULTS_URL: 'https://r/', AWS_SESSION_TOKEN: 'other' };
  expect(packCacheVariables(path({ cacheTo: ['type=gha'] }), env)).toEqual({
    values: { ACTIONS_RUNTIME_TOKEN: 'the-token', ACTIONS_RESULTS_URL: 'https://r/' },
    mask: ['the-token'],
  });
  expect(packCacheVariables(path({}), env)).toEqual({ values: {}, mask: [] });
});

test('a helper that fails stops nothing on the way, and its failure travels', async () => {
  const broken = new DockError('CREDENTIAL_HELPER_FAILED', 'The helper is away.', { hint: 'Bring it.' });
  const stored = { registry: 'a.example.com', username: 'u', password: 'pass', origin: 'the test' };
  const store = {
    get: async (host: string) => {
      if (host === 'b.example.com') throw broken;
      return host === 'a.example.com' ? stored : undefined;
    },
  };
  const { signal } = new AbortController();
  const found = await lookUpCredentials(store, ['a.example.com', 'b.example.com', 'c.example.com'], { signal });
  expect(found).toEqual({
    credentials: { 'a.example.com': stored, 'c.example.com': null },
    withheld: { 'b.example.com': { message: 'The helper is away.', hint: 'Bring it.' } },
    secrets: ['pass', Buffer.from('u:pass').toString('base64')],
  });
  const inside = passedCredentials(found);
  expect(await inside.get('a.example.com')).toEqual(stored);
  expect(await inside.get('c.example.com')).toBeUndefined();
  await expect(inside.get('b.example.com')).rejects.toMatchObject({
    code: 'CREDENTIAL_HELPER_FAILED',
    hint: 'Bring it.',
  });
});

test('a registry that nobody knew of is asked without credentials; only who is refused is told that none travelled', async () => {
  const credentials = passedCredentials({ credentials: {} });
  await expect(credentials.get('r.example.com')).rejects.toMatchObject({ code: 'AUTH_FAILED' });
  const { credential, header, problem } = await registryAccess({ credentials }, 'r.example.com');
  expect([credential, Buffer.from(header, 'base64').toString()]).toEqual([undefined, '{}']);
  expect(problem?.hint).toContain("credentials: ['r.example.com']");
});

test('a buildroot is named after the image and the time', () => {
  const now = new Date('2026-01-02T03:04:05.678Z');
  expect(buildrootReference('r.example.com', path({ tags: ['team/app:1'] }), now)).toEqual({
    registry: 'r.example.com',
    repository: 'buildroot-team/app',
    tag: '2026-01-02-03-04-05',
  });
  expect(() => buildrootReference('r.example.com', path(), now)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  expect(() => buildrootReference('registry', path({ tags: ['a'] }), now)).toThrow(
    expect.objectContaining({ code: 'INVALID_IMAGE_NAME' }),
  );
});

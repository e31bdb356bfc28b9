import { existsSync, readFileSync } from 'node:fs';
import { isDockError } from '@dock/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createCredentialStore } from '../../src/credentials/credential-store.js';
import { helperLimitMs } from '../../src/credentials/credential-helper.js';
import { createHome, type FakeHome } from '../../../engine/test/endpoint/docker-home.js';

let home: FakeHome;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const auth = (user: string, password: string) => ({ auth: base64(`${user}:${password}`) });

function store(env: Record<string, string> = {}, helperTimeoutMs?: number, onPassedOver?: (word: string) => void) {
  return createCredentialStore({
    env: { PATH: `${home.homeDir}/bin:/usr/bin:/bin`, HOME: home.homeDir, ...env },
    homeDir: home.homeDir,
    ...(helperTimeoutMs === undefined ? {} : { helperTimeoutMs }),
    ...(onPassedOver === undefined ? {} : { onPassedOver }),
  });
}

/** A real helper: a shell script on the PATH. */
function helper(name: string, script: string): string {
  return home.write(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`, 0o755);
}

const answers = (user: string, secret: string): string =>
  `cat >"$HOME/asked"; printf '%s' '${JSON.stringify({ ServerURL: 'x', Username: user, Secret: secret })}'`;

async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isDockError(error)) throw new Error(`did not fail with a DockError: ${String(error)}`);
  return error;
}

describe('auths', () => {
  test('user and password are split at the first colon, bytes kept', async () => {
    home.config({ auths: { 'r.example.com': auth('robot', 'a:b:ü?>~') } });
    expect(await store().get('r.example.com')).toEqual({
      registry: 'r.example.com',
      username: 'robot',
      password: 'a:b:ü?>~',
      origin: 'auths "r.example.com" of ~/.docker/config.json',
    });
  });

  test('identity and registry tokens are taken', async () => {
    home.config({ auths: { 'r.example.com': { ...auth('u', 'p'), identitytoken: 'idt', registrytoken: 'rt' } } });
    expect(await store().get('r.example.com')).toMatchObject({ identityToken: 'idt', registryToken: 'rt' });
  });

  test('no file, an empty file and an empty entry mean no credentials', async () => {
    expect(await store().get('r.example.com')).toBeUndefined();
    home.write('.docker/config.json', '');
    expect(await store().get('r.example.com')).toBeUndefined();
    home.config({ auths: { 'r.example.com': {}, 'other.example.com': auth('u', 'p') } });
    expect(await store().get('r.example.com')).toBeUndefined();
  });

  test.each([
    ['https://r.example.com/v2/', 'r.example.com'],
    ['http://r.example.com', 'r.example.com'],
    ['R.Example.COM', 'r.example.com'],
    ['r.example.com:5000', 'R.example.com:5000'],
    ['https://r.example.com:5000/v1/', 'r.example.com:5000'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['https://registry-1.docker.io/v2/', 'docker.io'],
  ])('a key %s is for %s', async (key, registry) => {
    home.config({ auths: { [key]: auth('u', 'pass') } });
    expect(await store().get(registry)).toMatchObject({ registry, username: 'u', password: 'pass' });
  });

  test.each([
    ['r.example.com', 'r.example.com.evil.test'],
    ['r.example.com', 'evil-r.example.com'],
    ['r.example.com', 'sub.r.example.com'],
    ['sub.r.example.com', 'r.example.com'],
    ['r.example.com', 'r.example.com.'],
    ['r.example.com', 'r.example.com:5000'],
    ['r.example.com:5000', 'r.example.com'],
    ['r.example.com:5000', 'r.example.com:50000'],
    ['https://r.example.com@evil.test/', 'r.example.com'],
    ['https://r.example.com:443', 'r.example.com'],
    ['docker.io', 'docker.io.evil.test'],
    ['docker.io', 'hub.docker.io'],
    ['evil.test/docker.io', 'docker.io'],
    ['https://index.docker.io/v1/access-token', 'docker.io'],
    ['https://index.docker.io/v1/refresh-token', 'docker.io'],
    ['*', 'r.example.com'],
    ['', 'r.example.com'],
    ['__proto__', 'r.example.com'],
  ])('a key %s is not for %s', async (key, registry) => {
    home.write('.docker/config.json', `{"auths":{${JSON.stringify(key)}:${JSON.stringify(auth('u', 'pass'))}}}`);
    expect(await store().get(registry)).toBeUndefined();
  });

  test("Docker Hub's own key comes before its aliases", async () => {
    home.config({ auths: { 'docker.io': auth('alias', 'p'), 'https://index.docker.io/v1/': auth('real', 'p') } });
    expect(await store().get('docker.io')).toMatchObject({ username: 'real' });
  });

  test('each call reads afresh', async () => {
    const credentials = store();
    home.config({ auths: { 'r.example.com': auth('u', 'one') } });
    expect(await credentials.get('r.example.com')).toMatchObject({ password: 'one' });
    home.config({ auths: { 'r.example.com': auth('u', 'two') } });
    expect(await credentials.get('r.example.com')).toMatchObject({ password: 'two' });
  });

  test('a broken entry of another host stops nobody', async () => {
    const auths = { 'bad.example.com': { auth: 5 }, 'worse.example.com': 'x', 'r.example.com': auth('u', 'p') };
    home.config({ auths, credHelpers: { 'bad.example.com': 7 } });
    expect(await store().get('r.example.com')).toMatchObject({ username: 'u' });
    expect((await failure(store().get('bad.example.com'))).message).toContain('credHelpers["bad.example.com"]');
    expect((await failure(store().get('worse.example.com'))).message).toContain('auths["worse.example.com"]');
  });

  test.each([
    ['not JSON', '{"auths": {"r.example.com": {"auth": "c2VjcmV0OnNlY3JldA=="'],
    ['a list', '[]'],
    ['auths that is a list', '{"auths":[]}'],
    ['an auth that is a number', '{"auths":{"r.example.com":{"auth":5}}}'],
    ['an auth that is not base64', '{"auths":{"r.example.com":{"auth":"c2Vjc!"}}}'],
    ['an auth without colon', `{"auths":{"r.example.com":{"auth":"${base64('secretsecret')}"}}}`],
    ['credHelpers that is a string', '{"credHelpers":"x"}'],
    ['credsStore that is an object', '{"credsStore":{}}'],
  ])('%s is a CONFIG_ERROR that names the file and shows no content', async (_, text) => {
    home.write('.docker/config.json', text);
    const error = await failure(store().get('r.example.com'));
    expect(error.code).toBe('CONFIG_ERROR');
    expect(error.message).toContain('~/.docker/config.json');
    expect(`${error.message}${error.stack ?? ''}${String(error.cause)}`).not.toMatch(/c2Vjc|secretsecret/);
  });
});

describe('DOCKER_AUTH_CONFIG', () => {
  const environment = (value: unknown): Record<string, string> => ({ DOCKER_AUTH_CONFIG: JSON.stringify(value) });

  test('wins over the file for its hosts, and the file serves the others', async () => {
    home.config({ auths: { 'a.example.com': auth('file', 'p'), 'b.example.com': auth('file', 'p') } });
    const credentials = store(environment({ auths: { 'a.example.com': auth('env', 'p') } }));
    expect(await credentials.get('a.example.com')).toMatchObject({ username: 'env', origin: 'DOCKER_AUTH_CONFIG' });
    expect(await credentials.get('b.example.com')).toMatchObject({ username: 'file' });
  });

  test.each([
    ['not JSON', '{"auths":'],
    ['two documents', '{"auths":{}}{}'],
    ['an unknown key', '{"credHelpers":{}}'],
    ['an unknown field', '{"auths":{"r.example.com":{"username":"u"}}}'],
    ['an unexpanded variable', '$DOCKER_AUTH'],
    ['no base64', '{"auths":{"r.example.com":{"auth":"S3CRET!"}}}'],
  ])('%s is passed over with one word, and the file is used', async (_, value) => {
    home.config({ auths: { 'r.example.com': auth('file', 'p') } });
    const words: string[] = [];
    const credentials = store({ DOCKER_AUTH_CONFIG: value }, undefined, (word) => words.push(word));
    expect(await credentials.get('r.example.com')).toMatchObject({ username: 'file' });
    await credentials.get('other.example.com');
    expect(words).toEqual([expect.stringMatching(/^DOCKER_AUTH_CONFIG is passed over, as docker does: it /)]);
    expect(words[0]).not.toContain('S3CRET');
  });
});

describe('credential helpers', () => {
  const asked = (): string => readFileSync(`${home.homeDir}/asked`, 'utf8');

  test("the host's helper comes before credsStore, which comes before auths", async () => {
    helper('mine', answers('mine', 'm'));
    helper('store', answers('store', 's'));
    const auths = { 'a.example.com': auth('file', 'p'), 'b.example.com': auth('file', 'p') };
    home.config({ auths, credsStore: 'store', credHelpers: { 'a.example.com': 'mine' } });
    expect(await store().get('a.example.com')).toEqual({
      registry: 'a.example.com',
      username: 'mine',
      password: 'm',
      origin: 'credHelpers "mine" of ~/.docker/config.json',
    });
    expect(await store().get('b.example.com')).toMatchObject({
      username: 'store',
      origin: 'credsStore "store" of ~/.docker/config.json',
    });
    home.config({ auths });
    expect(await store().get('a.example.com')).toMatchObject({ username: 'file' });
  });

  test('an empty helper name switches credsStore off for the host', async () => {
    helper('store', answers('store', 's'));
    home.config({
      credsStore: 'store',
      credHelpers: { 'a.example.com': '' },
      auths: { 'a.example.com': auth('file', 'p') },
    });
    expect(await store().get('a.example.com')).toMatchObject({ username: 'file' });
  });

  test.each([
    ['r.example.com:5000', 'r.example.com:5000'],
    ['docker.io', 'https://index.docker.io/v1/'],
  ])('is asked on stdin for %s by the name %s', async (registry, server) => {
    helper('x', answers('u', 's'));
    home.config({ credsStore: 'x' });
    await store().get(registry);
    expect(asked()).toBe(server);
  });

  test('the user <token> means an identity token', async () => {
    helper('x', answers('<token>', 'refresh'));
    home.config({ credsStore: 'x' });
    const found = await store().get('r.example.com');
    expect(found).toEqual({ registry: 'r.example.com', identityToken: 'refresh', origin: expect.any(String) });
  });

  test('one that knows nothing means no credentials, also when auths has some', async () => {
    helper('x', 'cat >/dev/null; echo "credentials not found in native keychain"; exit 1');
    home.config({ credsStore: 'x', auths: { 'r.example.com': auth('u', 'p') } });
    expect(await store().get('r.example.com')).toBeUndefined();
  });

  test('for one that fails, is missing or hangs, what auths has for the very host is taken', async () => {
    helper('locked', 'exit 1');
    helper('hangs', 'sleep 300');
    for (const credsStore of ['locked', 'missing', 'hangs']) {
      home.config({ credsStore, auths: { 'r.example.com': auth('file', 'p') } });
      expect(await store({}, 300).get('r.example.com')).toMatchObject({ username: 'file' });
      expect((await failure(store({}, 300).get('other.example.com'))).code).toBe('CREDENTIAL_HELPER_FAILED');
    }
  });

  test('a slow one is asked once in a while, a quick one each time', async () => {
    helper('slow', `echo x >>"$HOME/slow"; sleep 1.2; ${answers('u', 's')}`);
    helper('quick', `echo x >>"$HOME/quick"; ${answers('u', 's')}`);
    for (const credsStore of ['slow', 'quick']) {
      home.config({ credsStore });
      const credentials = store();
      await credentials.get('r.example.com');
      expect(await credentials.get('r.example.com')).toMatchObject({ username: 'u' });
    }
    const asks = (name: string) => readFileSync(`${home.homeDir}/${name}`, 'utf8').trim().split('\n').length;
    expect([asks('slow'), asks('quick')]).toEqual([1, 2]);
  });

  test('the limit is a minute, or what DOCK_CREDENTIAL_HELPER_TIMEOUT says in seconds', async () => {
    expect([helperLimitMs({}), helperLimitMs({ DOCK_CREDENTIAL_HELPER_TIMEOUT: '300' })]).toEqual([60_000, 300_000]);
    helper('x', 'sleep 300');
    home.config({ credsStore: 'x' });
    const error = await failure(store({ DOCK_CREDENTIAL_HELPER_TIMEOUT: '1' }).get('r.example.com'));
    expect(error.message).toContain('gave no answer in 1 s (DOCK_CREDENTIAL_HELPER_TIMEOUT raises the limit)');
    for (const value of ['0', '-1', '1m', ' 5'])
      expect(() => helperLimitMs({ DOCK_CREDENTIAL_HELPER_TIMEOUT: value })).toThrow('not a number of seconds');
  });

  test.each([
    ['fails', 'echo S3CRET; echo S3CRET >&2; exit 3', 'failed with status 3'],
    ['answers no JSON', 'echo S3CRET', 'not JSON'],
    ['answers a number', 'echo "{\\"Username\\":5,\\"Secret\\":\\"S3CRET\\"}"', 'not a string'],
    ['floods', 'yes S3CRET', 'more than 1 MiB'],
    ['is killed', 'kill -9 $$', 'killed by SIGKILL'],
  ])('one that %s is CREDENTIAL_HELPER_FAILED and what it wrote is not shown', async (_, script, expected) => {
    helper('x', script);
    home.config({ credsStore: 'x' });
    const error = await failure(store().get('r.example.com'));
    expect(error.code).toBe('CREDENTIAL_HELPER_FAILED');
    expect(error.message).toContain(expected);
    expect(error.message).toContain('"docker-credential-x" (credsStore "x" of ~/.docker/config.json)');
    expect(`${error.message}${error.hint}${error.stack ?? ''}`).not.toContain('S3CRET');
  });

  test('one that hangs is killed with its children at the deadline', async () => {
    helper('x', 'sleep 300 & echo $! >"$HOME/child"; echo $$ >"$HOME/self"; wait');
    home.config({ credsStore: 'x' });
    const error = await failure(store({}, 300).get('r.example.com'));
    expect(error.code).toBe('CREDENTIAL_HELPER_FAILED');
    expect(error.message).toContain('gave no answer in 0.3 s');
    for (const name of ['child', 'self'])
      expect(await hasEnded(readFileSync(`${home.homeDir}/${name}`, 'utf8').trim())).toBe(true);
  });

  test('one that leaves a process holding its output still answers at once', async () => {
    helper('x', `sleep 300 & echo $! >"$HOME/child"; ${answers('u', 's')}`);
    home.config({ credsStore: 'x' });
    expect(await store().get('r.example.com')).toMatchObject({ username: 'u' });
    expect(await hasEnded(readFileSync(`${home.homeDir}/child`, 'utf8').trim())).toBe(true);
  });

  test('one that leaves a process out of reach, which holds its output, still answers at once', async () => {
    helper('x', `setsid sleep 300 & echo $! >"$HOME/child"; ${answers('u', 's')}`);
    helper('y', `setsid sleep 300 & echo $! >"$HOME/child"; cat >/dev/null; exit 3`);
    for (const [credsStore, outcome] of [
      ['x', { username: 'u', password: 's' }],
      ['y', { code: 'CREDENTIAL_HELPER_FAILED', message: expect.stringContaining('failed with status 3') }],
    ] as const) {
      home.config({ credsStore });
      const found = await store({}, 20_000)
        .get('r.example.com')
        .catch((error: unknown) => error);
      const child = Number(readFileSync(`${home.homeDir}/child`, 'utf8'));
      expect(process.kill(child, 0)).toBe(true);
      process.kill(child, 'SIGKILL');
      expect(found).toMatchObject(outcome);
    }
  });

  test('an abort ends it as CANCELLED', async () => {
    helper('x', 'sleep 300');
    home.config({ credsStore: 'x' });
    const controller = new AbortController();
    const asking = failure(store().get('r.example.com', { signal: controller.signal }));
    setTimeout(() => controller.abort(), 100);
    expect((await asking).code).toBe('CANCELLED');
    expect((await failure(store().get('r.example.com', { signal: controller.signal }))).code).toBe('CANCELLED');
  });

  test.each(['../evil', 'a b', 'x;touch marker', '$(touch marker)', 'x/y'])(
    'the name %j is refused before anything runs',
    async (name) => {
      home.config({ credHelpers: { 'r.example.com': name } });
      const error = await failure(store().get('r.example.com'));
      expect(error.code).toBe('CREDENTIAL_HELPER_FAILED');
      expect(existsSync('marker')).toBe(false);
    },
  );

  test('only absolute directories of the given PATH are searched', async () => {
    home.config({ credsStore: 'x' });
    helper('x', answers('u', 's'));
    expect((await failure(store({ PATH: ':.:bin:/usr/bin' }).get('r.example.com'))).message).toContain(
      'is not on the PATH',
    );
  });

  test('a file that is not executable is passed over', async () => {
    home.config({ credsStore: 'y' });
    home.write('bin/docker-credential-y', 'not executable', 0o644);
    expect(await failure(store().get('r.example.com'))).toMatchObject({
      message: expect.stringContaining('is not on the PATH'),
      retryable: false,
    });
  });
});

/** A killed process may stay as a zombie of an init that does not reap; that counts as ended. */
async function hasEnded(pid: string): Promise<boolean> {
  for (let tries = 0; tries < 50; tries += 1) {
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
    if (stat === '' || / Z /.test(stat)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

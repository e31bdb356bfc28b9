import { isDockError } from '@dock/core';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type EndpointRequest, resolveEndpoint } from '../../src/endpoint/resolve-endpoint.js';
import { createHome, type FakeHome, pem } from './docker-home.js';

let home: FakeHome;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

type Request = Omit<EndpointRequest, 'homeDir' | 'env'> & { env?: Record<string, string> };
const resolve = ({ env = {}, ...request }: Request = {}) => resolveEndpoint({ env, homeDir: home.homeDir, ...request });

async function refusal(request: Request): Promise<{ code: string; message: string; hint: string; text: string }> {
  const error = await resolve(request).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isDockError(error)) throw new Error(`not refused with a DockError: ${String(error)}`);
  const { code, message, hint } = error;
  return { code, message, hint, text: `${message}\n${hint}\n${error.stack ?? ''}` };
}

describe('who decides', () => {
  test('nothing set is the default socket', async () => {
    expect(await resolve()).toEqual({
      kind: 'unix',
      socketPath: '/var/run/docker.sock',
      url: 'unix:///var/run/docker.sock',
      origin: 'default',
    });
  });

  test('each source wins over the ones after it', async () => {
    home.config({ currentContext: 'current' });
    for (const name of ['flagged', 'named', 'current']) home.context(name, { Host: `unix:///run/${name}.sock` });
    const all = { DOCKER_HOST: 'unix:///run/env.sock', DOCKER_CONTEXT: 'named' };
    const { DOCKER_CONTEXT } = all;
    expect(await resolve({ host: 'unix:///run/flag.sock', env: all })).toMatchObject({
      url: 'unix:///run/flag.sock',
      origin: 'flag --host',
    });
    expect(await resolve({ context: 'flagged', env: all })).toMatchObject({
      url: 'unix:///run/flagged.sock',
      origin: 'flag --context',
      context: 'flagged',
    });
    expect(await resolve({ env: all })).toMatchObject({ url: 'unix:///run/env.sock', origin: 'DOCKER_HOST' });
    expect(await resolve({ env: { DOCKER_CONTEXT } })).toMatchObject({
      url: 'unix:///run/named.sock',
      origin: 'DOCKER_CONTEXT',
      context: 'named',
    });
    expect(await resolve()).toMatchObject({
      url: 'unix:///run/current.sock',
      origin: 'current context "current" of ~/.docker/config.json',
      context: 'current',
    });
  });

  test('the context "default" is DOCKER_HOST, else the default socket, and hides the current context', async () => {
    home.config({ currentContext: 'current' });
    home.context('current', { Host: 'unix:///run/current.sock' });
    const env = { DOCKER_HOST: 'unix:///run/env.sock' };
    expect(await resolve({ context: 'default', env })).toMatchObject({ origin: 'DOCKER_HOST' });
    expect(await resolve({ context: 'default' })).toMatchObject({ origin: 'default' });
    expect(await resolve({ env: { DOCKER_CONTEXT: 'default' } })).toMatchObject({ origin: 'default' });
  });

  test('empty variables are as good as unset', async () => {
    const env = {
      DOCKER_HOST: '',
      DOCKER_CONTEXT: '',
      DOCKER_TLS_VERIFY: '',
      DOCKER_CERT_PATH: '',
      DOCKER_API_VERSION: '',
    };
    expect(await resolve({ env })).toMatchObject({ origin: 'default' });
  });

  test('--host and --context exclude each other', async () => {
    expect(await refusal({ host: 'unix:///x', context: 'y' })).toMatchObject({
      code: 'ENDPOINT_INVALID',
      message: expect.stringContaining('"unix:///x" and "y"'),
    });
  });

  test('DOCKER_CONFIG moves config and contexts', async () => {
    home.context('other', { Host: 'tcp://10.0.0.1:2375' });
    home.config({ currentContext: 'other' });
    const moved = createHome();
    try {
      const found = await resolveEndpoint({
        env: { DOCKER_CONFIG: `${home.homeDir}/.docker` },
        homeDir: moved.homeDir,
      });
      expect(found).toMatchObject({ url: 'tcp://10.0.0.1:2375' });
      expect(found.origin).toBe(`current context "other" of ${home.homeDir}/.docker/config.json`);
    } finally {
      moved.remove();
    }
  });

  test('a relative socket is taken from the given directory', async () => {
    expect(await resolve({ host: './run/d.sock', cwd: '/work' })).toMatchObject({ socketPath: '/work/run/d.sock' });
  });

  test('a config that is not needed is not read', async () => {
    home.write('.docker/config.json', '{ broken');
    expect(await resolve({ host: 'tcp://127.0.0.1:1' })).toMatchObject({ hostname: '127.0.0.1', port: 1 });
  });

  test('a broken config is an error and its content stays out of the message', async () => {
    home.write('.docker/config.json', '{"auths": {"h": {"auth": "c2VjcmV0OnNlY3JldA=="}}, }');
    const { code, message, text } = await refusal({});
    expect(code).toBe('CONFIG_ERROR');
    expect(message).toContain('"~/.docker/config.json" is not valid JSON');
    expect(text).not.toContain('c2VjcmV0');
  });
});

describe('contexts', () => {
  test('one that does not exist is refused and the known ones are named', async () => {
    home.context('blue', { Host: 'unix:///b' });
    home.context('green', { Host: 'unix:///g' });
    const { code, message, hint } = await refusal({ env: { DOCKER_CONTEXT: 'red' } });
    expect([code, message]).toEqual(['ENDPOINT_INVALID', 'Docker context "red" (DOCKER_CONTEXT) does not exist.']);
    expect(hint).toContain('"default", "blue", "green"');
  });

  test.each(['../../etc', 'a/b', '-x', ''.padStart(1, ' ')])('the name %j is refused', async (context) => {
    expect(await refusal({ context })).toMatchObject({ code: 'ENDPOINT_INVALID' });
  });

  test.each([
    ['no docker endpoint', undefined],
    ['a host that is a number', { Host: 5 }],
  ])('one with %s is refused', async (_, endpoint) => {
    home.context('x', endpoint);
    expect(await refusal({ context: 'x' })).toMatchObject({
      code: 'ENDPOINT_INVALID',
      message: expect.stringContaining('"x"'),
    });
  });

  test('its own TLS files are used, and the environment is not', async () => {
    home.context(
      'tls',
      { Host: 'tcp://engine.example.com:2376' },
      { 'ca.pem': pem('ca'), 'cert.pem': pem('server'), 'key.pem': pem('server-key') },
    );
    expect(
      await resolve({ context: 'tls', env: { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' } }),
    ).toMatchObject({
      kind: 'tcp',
      hostname: 'engine.example.com',
      port: 2376,
      tls: {
        ca: pem('ca'),
        cert: pem('server'),
        key: pem('server-key'),
        verify: true,
        serverName: 'engine.example.com',
      },
    });
  });

  test('SkipTLSVerify is TLS without verification; no TLS data is plain tcp', async () => {
    home.context('skip', { Host: 'tcp://10.0.0.1:2376', SkipTLSVerify: true });
    home.context('plain', { Host: 'tcp://10.0.0.1:2375', SkipTLSVerify: false });
    expect((await resolve({ context: 'skip' })).tls).toEqual({ verify: false });
    expect(await resolve({ context: 'plain' })).not.toHaveProperty('tls');
  });
});

describe('TLS by environment', () => {
  const host = 'tcp://127.0.0.1';

  test.each(['1', 'true', '0', 'no'])('DOCKER_TLS_VERIFY=%s means TLS with verification', async (value) => {
    home.write('.docker/ca.pem', pem('ca'));
    const found = await resolve({ host, env: { DOCKER_TLS_VERIFY: value } });
    expect(found).toMatchObject({ port: 2375, tls: { verify: true, ca: pem('ca') } });
  });

  test('DOCKER_TLS means TLS without verification', async () => {
    home.write('certs/ca.pem', pem('ca'));
    const env = { DOCKER_TLS: '1', DOCKER_CERT_PATH: `${home.homeDir}/certs` };
    expect((await resolve({ host: 'tcp://engine:9', env })).tls).toEqual({
      ca: pem('ca'),
      verify: false,
      serverName: 'engine',
    });
  });

  test('TLS without any host is port 2376 of this machine, as with the docker CLI', async () => {
    home.write('.docker/ca.pem', pem('ca'));
    const found = await resolve({ env: { DOCKER_TLS_VERIFY: '1' } });
    expect(found).toMatchObject({
      url: 'tcp://localhost:2376',
      port: 2376,
      origin: 'DOCKER_TLS_VERIFY',
      tls: { verify: true },
    });
  });

  test('a unix socket has no TLS', async () => {
    expect(await resolve({ host: 'unix:///x', env: { DOCKER_TLS_VERIFY: '1' } })).not.toHaveProperty('tls');
  });

  test.each([
    ['no ca.pem', {}, 'there is no'],
    ['a ca.pem that is none', { 'ca.pem': 'nothing' }, 'holds no certificate'],
    ['a certificate without its key', { 'ca.pem': 'CA', 'cert.pem': 'SERVER' }, 'no "key.pem"'],
    ['a key without its certificate', { 'ca.pem': 'CA', 'key.pem': 'KEY' }, 'no "cert.pem"'],
    ['a key that is none', { 'ca.pem': 'CA', 'cert.pem': 'SERVER', 'key.pem': 'x' }, 'holds no private key'],
    [
      'a key of another certificate',
      { 'ca.pem': 'CA', 'cert.pem': 'SERVER', 'key.pem': 'OTHER' },
      'do not belong together',
    ],
  ])('%s is refused, never plain http', async (_, files: Record<string, string>, expected) => {
    const content: Record<string, string> = {
      CA: pem('ca'),
      SERVER: pem('server'),
      KEY: pem('server-key'),
      OTHER: pem('other-key'),
    };
    for (const [name, what] of Object.entries(files)) home.write(`certs/${name}`, content[what] ?? what);
    const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: `${home.homeDir}/certs` };
    const { code, message } = await refusal({ host, env });
    expect(code).toBe('ENDPOINT_INVALID');
    expect(message).toContain(expected);
  });

  test('DOCKER_CERT_PATH alone is refused instead of plain http', async () => {
    const { code, hint } = await refusal({ host, env: { DOCKER_CERT_PATH: '/certs' } });
    expect(code).toBe('ENDPOINT_INVALID');
    expect(hint).toContain('DOCKER_TLS_VERIFY=1');
  });
});

describe('what dock does not speak', () => {
  test('ssh:// is refused with the command that forwards the socket', async () => {
    const { code, message, hint } = await refusal({ env: { DOCKER_HOST: 'ssh://me@build.example.com:2222' } });
    expect(code).toBe('ENDPOINT_INVALID');
    expect(message).toContain('"ssh://me@build.example.com:2222" (DOCKER_HOST)');
    expect(hint).toContain('/var/run/docker.sock -l me -p 2222 -- build.example.com');
  });

  test('a password in the host is never shown', async () => {
    for (const host of [
      'ssh://me:hunter2@h',
      'tcp://me:hunter2@h:1',
      'me:hunter2@h:99999999999999999999x',
      'weird://a:hunter2@h',
      'tcp://me:hunter2/x@h',
      'ssh://me:hunter2/@h',
    ])
      expect((await refusal({ host })).text).not.toContain('hunter2');
  });

  test.each([
    'npipe:////./pipe/docker_engine',
    'fd://',
    'fd://3',
    'unknown://x',
    'tcp://h:0',
    'tcp://h:99999',
    'tcp://h:1/path',
    'tcp://u@h:1',
    'tcp://h:1?x=y',
    'tcp://h:port',
  ])('%s is refused by name', async (host) => {
    const { code, message } = await refusal({ host });
    expect(code).toBe('ENDPOINT_INVALID');
    expect(message).toContain(host.replace(/^tcp:\/\/(?=h:port)/, ''));
  });

  test('DOCKER_API_VERSION is passed on, or refused when it is no version', async () => {
    expect(await resolve({ env: { DOCKER_API_VERSION: '1.41' } })).toMatchObject({ apiVersion: '1.41' });
    expect(await refusal({ env: { DOCKER_API_VERSION: 'latest' } })).toMatchObject({ code: 'API_VERSION_UNSUPPORTED' });
  });
});

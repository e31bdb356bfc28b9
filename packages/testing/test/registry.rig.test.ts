import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { baseImage, engineRequest, type RigRegistry, rigTool, sharedEngine, startRegistry } from '../src/index.js';

const run = promisify(execFile);
const registries: RigRegistry[] = [];
afterEach(async () => {
  for (const registry of registries.splice(0)) await registry.stop();
});

async function start(options: Parameters<typeof startRegistry>[0] = {}): Promise<RigRegistry> {
  const registry = await startRegistry(options);
  registries.push(registry);
  return registry;
}

const inspect = (registry: RigRegistry, name: string, credentials: readonly string[]) =>
  run(rigTool('skopeo'), [
    'inspect',
    '--tls-verify=false',
    ...credentials,
    '--format',
    '{{.Digest}}',
    `docker://${registry.host}/${name}`,
  ]);

describe.each(
  (['none', 'basic', 'token'] as const).flatMap((auth) =>
    [false, true].flatMap((tls) => [true, false].map((isRecording) => ({ auth, tls, isRecording }))),
  ),
)('a registry with %o', ({ auth, tls, isRecording }) => {
  test('takes an image from who may push and gives it to who may pull', async () => {
    const registry = await start({ auth, tls, isRecording });
    const image = await baseImage(registry, { name: 'base/busybox:1' });
    expect(image.reference).toBe(`${registry.host}/base/busybox:1`);
    const credentials = auth === 'none' ? ['--no-creds'] : ['--creds', `${registry.username}:${registry.password}`];
    expect((await inspect(registry, 'base/busybox:1', credentials)).stdout.trim()).toBe(image.digest);
    const requests = registry.requests();
    const isSeen = (scheme: string, path: string) =>
      requests.some((request) => request.authorization === scheme && request.path.startsWith(path));
    expect(isSeen('basic', '/v2/base/')).toBe(isRecording && auth === 'basic');
    expect(isSeen('bearer', '/v2/base/')).toBe(isRecording && auth === 'token');
    expect(isSeen('basic', '/token')).toBe(auth === 'token');
    expect(requests.some(({ method, status }) => method === 'PUT' && status === 201)).toBe(isRecording);
  });
});

test.each(['basic', 'token'] as const)('%s auth refuses nobody and a wrong password', async (auth) => {
  const registry = await start({ auth });
  await baseImage(registry);
  for (const credentials of [['--no-creds'], ['--creds', 'dock:wrong'], ['--creds', `other:${registry.password}`]]) {
    await expect(inspect(registry, 'busybox:1', credentials)).rejects.toThrow(/authentication required|unauthorized/);
  }
});

test('the engine logs in to a token registry, pulls and pushes', async () => {
  const registry = await start({ auth: 'token' });
  const engine = await sharedEngine();
  const image = await baseImage(registry, { name: 'private/busybox:1', files: { '/etc/private': 'yes\n' } });
  const { host } = registry;
  const headers = { 'X-Registry-Auth': registry.registryAuth() };
  const ask = (method: string, path: string) => engineRequest(engine.socketPath, method, path, undefined, { headers });
  try {
    expect((await ask('POST', `/images/create?fromImage=${host}/private/busybox&tag=1`)).text).toContain(image.digest);
    await ask('POST', `/images/${image.reference}/tag?repo=${host}/copy&tag=2`);
    expect((await ask('POST', `/images/${host}/copy/push?tag=2`)).text).toMatch(/"Digest":"sha256:/);
  } finally {
    await ask('DELETE', `/images/${image.reference}`);
    await ask('DELETE', `/images/${host}/copy:2`);
  }
});

test('TLS is good for who knows the authority, and only for them', async () => {
  const registry = await start({ tls: true });
  const status = (ca?: Buffer) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`${registry.url}/v2/`, { agent: false, ...(ca === undefined ? {} : { ca }) }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });
  expect(await status(readFileSync(registry.caFile ?? ''))).toBe(200);
  await expect(status()).rejects.toThrow(/unable to verify|self.signed/);
});

test('it can crash and come back on the same port with the same content; stop removes it', async () => {
  const registry = await start();
  const image = await baseImage(registry);
  const { pid } = registry;
  await registry.kill();
  await expect(fetch(`${registry.url}/v2/`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  await registry.restart();
  expect(registry.pid).not.toBe(pid);
  expect((await inspect(registry, 'busybox:1', ['--no-creds'])).stdout.trim()).toBe(image.digest);
  await registry.stop();
  expect(existsSync(dirname(registry.storage))).toBe(false);
});

test('manifests can be deleted, unless that is switched off', async () => {
  const statuses = [];
  for (const canDelete of [true, false]) {
    const registry = await start({ canDelete });
    const { digest } = await baseImage(registry);
    statuses.push((await fetch(`${registry.url}/v2/busybox/manifests/${String(digest)}`, { method: 'DELETE' })).status);
  }
  expect(statuses).toEqual([202, 405]);
});

test('passwords differ from registry to registry', async () => {
  const [one, other] = [await start({ auth: 'basic' }), await start({ auth: 'basic' })];
  expect(one.password).not.toBe(other.password);
  expect(one.dockerConfig()).toEqual({
    auths: { [one.host]: { auth: Buffer.from(`dock:${one.password}`).toString('base64') } },
  });
});

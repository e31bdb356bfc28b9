import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  baseImage,
  engineKinds,
  engineRequest,
  type RigImage,
  rigTool,
  sharedEngine,
  sharedRegistry,
  type SharedRigEngine,
  type SharedRigRegistry,
  tarArchive,
} from '../src/index.js';

/** What tells the engines apart; what comes out of a suite that moves is at least this. */
const releases = { '20.10': /^20\.10\./, '26': /^26\./, '28': /^(2[89]|[3-9]\d)\./, podman: /^\d+\.\d+\.\d+/ } as const;
const drivers = { classic: /^overlay(2)?$/, containerd: /^overlayfs$/ } as const;

let registry: SharedRigRegistry;
beforeAll(async () => {
  registry = await sharedRegistry({ auth: 'basic' });
});

describe.each(engineKinds())('Engine $version with the $store store', ({ version, store }) => {
  const names: string[] = [];
  let engine: SharedRigEngine;
  let base: RigImage;
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    engineRequest(engine.socketPath, method, path, body, { headers });

  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    base = await baseImage(engine, { name: 'rig-base:1' });
    names.push(base.reference);
  });
  afterAll(async () => {
    for (const name of names) await ask('DELETE', `/images/${name}?force=1`);
  });

  test('is what it says', async () => {
    const info = (await ask('GET', '/info')).json() as { ServerVersion: string; Driver: string };
    expect(info.ServerVersion).toMatch(releases[version]);
    expect(info.Driver).toMatch(drivers[store]);
    expect(engine.socketPath.length).toBeLessThan(100);
  });

  test('has a base image with the same ID each time', async () => {
    const again = await baseImage(engine, { name: 'rig-base:1' });
    const other = await baseImage(engine, { name: 'rig-other:1', files: { '/etc/base': 'other\n' } });
    names.push(other.reference);
    expect(again).toEqual(base);
    expect(other.id).not.toBe(base.id);
    expect(base.id === base.configDigest).toBe(store === 'classic');
  });

  test('builds on the base, pushes behind basic auth, and skopeo reads the digest that the engine reported', async () => {
    const name = `${registry.host}/rig/${version}-${store}`;
    names.push(`${name}:1`);
    const context = tarArchive([
      { path: 'Dockerfile', content: 'FROM rig-base:1\nRUN echo built > /etc/built\nCMD ["cat", "/etc/built"]\n' },
    ]);
    const built = await ask('POST', `/build?t=${name}:1&networkmode=host&nocache=1&rm=1`, context);
    expect(built.text).toMatch(/"aux":\{"ID":"sha256:[0-9a-f]{64}"\}/);
    const { username, password } = registry;
    const pushed = await ask('POST', `/images/${name}/push?tag=1`, undefined, {
      'X-Registry-Auth': registry.registryAuth(),
    });
    // The containerd store of Engine 26 says it in a status line only.
    const digest = /1: digest: (sha256:[0-9a-f]{64}) size:/.exec(pushed.text)?.[1];
    const seen = execFileSync(
      rigTool('skopeo'),
      [
        'inspect',
        '--tls-verify=false',
        '--creds',
        `${username}:${password}`,
        '--format',
        '{{.Digest}}',
        `docker://${name}:1`,
      ],
      { encoding: 'utf8' },
    );
    expect(seen.trim()).toBe(digest);
    const mine = registry.requests().filter(({ path }) => path.startsWith(`/v2/rig/${version}-${store}/`));
    expect(mine.some(({ method, status, user }) => method === 'PUT' && status === 201 && user === username)).toBe(true);
  });

  test('runs containers with memory limits, with --privileged, and with files of the temporary directory', async () => {
    const file = join(dirname(engine.socketPath), 'bound');
    writeFileSync(file, 'bound\n');
    const run = async (command: string, host: Record<string, unknown>) => {
      const body = { Image: 'rig-base:1', Cmd: ['sh', '-c', command], HostConfig: { NetworkMode: 'none', ...host } };
      const { Id: id } = (await ask('POST', '/containers/create', body)).json() as { Id: string };
      try {
        const started = await ask('POST', `/containers/${id}/start`);
        expect([started.status, started.text]).toEqual([204, '']);
        const { StatusCode: status } = (await ask('POST', `/containers/${id}/wait`)).json() as { StatusCode: number };
        const { State: state } = (await ask('GET', `/containers/${id}/json`)).json() as {
          State: { OOMKilled: boolean };
        };
        const logs = (await ask('GET', `/containers/${id}/logs?stdout=1`)).text.slice(8);
        return { status, logs, isOutOfMemory: state.OOMKilled };
      } finally {
        await ask('DELETE', `/containers/${id}?force=1&v=1`);
      }
    };
    const memory = 20 * 1024 * 1024;
    expect(await run('x=a; while :; do x=$x$x$x; done', { Memory: memory, MemorySwap: memory })).toMatchObject({
      status: 137,
      isOutOfMemory: true,
    });
    expect(await run('mount -t tmpfs none /mnt && echo mounted', { Privileged: true })).toMatchObject({
      status: 0,
      logs: 'mounted\n',
    });
    expect(await run('cat /bound', { Binds: [`${file}:/bound`] })).toMatchObject({ status: 0, logs: 'bound\n' });
  });
});

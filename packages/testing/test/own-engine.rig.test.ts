import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { baseImage, engineRequest, listLeftovers, type RigEngine, startEngine } from '../src/index.js';
import { rigProcesses } from '../src/rig/process-table.js';
import { controlGroups } from '../src/rig/service-directory.js';

const engines: RigEngine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop();
});

async function start(options: Parameters<typeof startEngine>[0] = {}): Promise<RigEngine> {
  const engine = await startEngine(options);
  engines.push(engine);
  return engine;
}

async function startContainer(engine: RigEngine): Promise<string> {
  await baseImage(engine);
  const body = {
    Image: 'busybox:1',
    Cmd: ['sh', '-c', 'trap exit TERM; sleep 300 & wait'],
    HostConfig: { NetworkMode: 'none' },
    Labels: { 'io.dock.run': 'x' },
  };
  const { Id: id } = (await engineRequest(engine.socketPath, 'POST', '/containers/create', body)).json() as {
    Id: string;
  };
  expect((await engineRequest(engine.socketPath, 'POST', `/containers/${id}/start`)).status).toBe(204);
  return id;
}

test.each(['20.10', '26'] as const)(
  'Engine %s can crash and come back, and stop leaves nothing of it',
  async (version) => {
    const engine = await start({ version });
    const { pid } = engine;
    const id = await startContainer(engine);
    expect(await listLeftovers(engine)).toEqual({ containers: [id], volumes: [], networks: [] });
    expect(await listLeftovers(engine, 'another run')).toEqual({ containers: [], volumes: [], networks: [] });

    await engine.kill();
    expect(engine.isRunning()).toBe(false);
    await expect(engineRequest(engine.socketPath, 'GET', '/_ping')).rejects.toThrow(/ECONNREFUSED/);
    await engine.restart();
    expect(engine.isRunning()).toBe(true);
    expect(engine.pid).not.toBe(pid);
    const { State: state } = (await engineRequest(engine.socketPath, 'GET', `/containers/${id}/json`)).json() as {
      State: { Status: string };
    };
    expect(state.Status).toBe('exited');

    await startContainer(engine);
    const directory = dirname(engine.socketPath);
    await engine.stop();
    await engine.stop();
    expect(existsSync(directory)).toBe(false);
    expect(rigProcesses().filter(({ service }) => service === directory)).toEqual([]);
    expect(controlGroups(directory.slice(directory.lastIndexOf('/') + 1))).toEqual([]);
  },
);

test('a daemon that does not come up says why, and leaves nothing', async () => {
  await expect(startEngine({ extraArgs: ['--no-such-flag'] })).rejects.toThrow(/unknown flag: --no-such-flag/);
  expect(
    rigProcesses().filter(
      ({ owner, command }) => owner.startsWith(`${String(process.pid)}.`) && command.includes('dockerd'),
    ),
  ).toEqual([]);
});

test('takes daemon.json, variables and flags', async () => {
  const engine = await start({
    config: { labels: ['rig=yes'] },
    env: { HTTP_PROXY: 'http://127.0.0.1:9' },
    extraArgs: ['--max-concurrent-uploads=1'],
  });
  const info = (await engineRequest(engine.socketPath, 'GET', '/info')).json() as {
    Labels: string[];
    HttpProxy: string;
  };
  expect(info).toMatchObject({ Labels: ['rig=yes'], HttpProxy: 'http://127.0.0.1:9' });
});

test.each(['20.10', '26'] as const)('a small data root fills up, and Engine %s says so', async (version) => {
  const engine = await start({ version, dataRootBytes: 1024 * 1024 });
  await expect(baseImage(engine)).rejects.toMatchObject({
    message: expect.stringContaining('no space left on device'),
  });
});

test.each(['20.10', 'podman'] as const)('a containerd store of %s is refused', async (version) => {
  await expect(startEngine({ version, store: 'containerd' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

test.each([
  ['20.10', 'npx dock-testing install"'],
  ['28', 'npx dock-testing install --engine 28"'],
  ['podman', 'npx dock-testing install --engine 28"'],
] as const)('without the packages of %s the error names the remedy', async (version, remedy) => {
  const before = process.env.DOCK_TESTING_CACHE;
  process.env.DOCK_TESTING_CACHE = '/nonexistent';
  try {
    await expect(startEngine({ version })).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      hint: expect.stringContaining(remedy),
    });
  } finally {
    if (before === undefined) delete process.env.DOCK_TESTING_CACHE;
    else process.env.DOCK_TESTING_CACHE = before;
  }
});

test.each(['20.10', '26'] as const)('Engine %s finds nothing beyond loopback, and says so at once', async (version) => {
  const engine = await start({ version });
  const answer = await engineRequest(engine.socketPath, 'POST', '/images/create?fromImage=nothing.invalid/image&tag=1');
  expect(answer.text).toMatch(/lookup nothing\.invalid.*(connection refused|no such host)/);
});

test.each(['20.10', '26'] as const)(
  'Engine %s sees a trusted certificate in its own /etc/docker, not the machine',
  async (version) => {
    const engine = await start({ version });
    await baseImage(engine);
    const caFile = join(dirname(engine.socketPath), 'daemon.json');
    engine.trust('registry.test:5000', caFile);
    const body = {
      Image: 'busybox:1',
      Cmd: ['cat', '/seen/certs.d/registry.test:5000/ca.crt'],
      HostConfig: { NetworkMode: 'none', Binds: ['/etc/docker:/seen:ro'] },
    };
    const ask = (method: string, path: string, value?: unknown) =>
      engineRequest(engine.socketPath, method, path, value);
    const { Id: id } = (await ask('POST', '/containers/create', body)).json() as { Id: string };
    await ask('POST', `/containers/${id}/start`);
    await ask('POST', `/containers/${id}/wait`);
    expect((await ask('GET', `/containers/${id}/logs?stdout=1`)).text.slice(8)).toBe(readFileSync(caFile, 'utf8'));
    expect(existsSync('/etc/docker/certs.d/registry.test:5000')).toBe(false);
  },
);

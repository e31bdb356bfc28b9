import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
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

test('a small data root fills up, and the engine says so', async () => {
  const engine = await start({ dataRootBytes: 1024 * 1024 });
  await expect(baseImage(engine)).rejects.toMatchObject({
    message: expect.stringContaining('no space left on device'),
  });
});

test('the containerd store of Engine 20.10 is refused', async () => {
  await expect(startEngine({ store: 'containerd' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});

test('without packages the error names the remedy', async () => {
  const before = process.env.DOCK_TESTING_CACHE;
  process.env.DOCK_TESTING_CACHE = '/nonexistent';
  try {
    await expect(startEngine()).rejects.toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      hint: expect.stringContaining('npx dock-testing install'),
    });
  } finally {
    if (before === undefined) delete process.env.DOCK_TESTING_CACHE;
    else process.env.DOCK_TESTING_CACHE = before;
  }
});

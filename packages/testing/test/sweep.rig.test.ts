import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { findLeftovers, sharedGitServer, sharedRegistry, startRegistry, sweep } from '../src/index.js';
import { identityOf, isGone } from '../src/rig/process-identity.js';
import { rigProcesses } from '../src/rig/process-table.js';
import { controlGroups, endService } from '../src/rig/service-directory.js';

const entry = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const directories: string[] = [];
afterEach(async () => {
  for (const directory of directories.splice(0)) await endService(directory);
});

/** Runs a program that uses the rig in a process of its own. @returns what it printed, as JSON */
async function inProcess(program: string, env: NodeJS.ProcessEnv = {}): Promise<{ printed: unknown; signal: unknown }> {
  const script = `import * as rig from ${JSON.stringify(entry)};\nimport { dirname } from 'node:path';\n${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { printed: text === '' ? undefined : JSON.parse(text), signal };
}

const startAll = `
const engine = await rig.startEngine();
await rig.baseImage(engine);
const { Id } = (await rig.engineRequest(engine.socketPath, 'POST', '/containers/create', { Image: 'busybox:1', Cmd: ['sleep', '300'], HostConfig: { NetworkMode: 'none' } })).json();
await rig.engineRequest(engine.socketPath, 'POST', '/containers/' + Id + '/start');
const registry = await rig.startRegistry();
process.stdout.write(JSON.stringify([dirname(engine.socketPath), dirname(registry.storage)]));
`;

describe('the services of a process that was killed', () => {
  test('are found and swept, running containers too; services of live processes stay', async () => {
    const mine = await startRegistry();
    try {
      const { printed, signal } = await inProcess(`${startAll}\nprocess.kill(process.pid, 'SIGKILL');`);
      const crashed = printed as string[];
      directories.push(...crashed);
      expect(signal).toBe('SIGKILL');

      const found = findLeftovers();
      expect(found.directories).toEqual(expect.arrayContaining(crashed));
      for (const directory of crashed) expect(found.processes.map(({ service }) => service)).toContain(directory);

      sweep();
      for (const directory of crashed) {
        expect(existsSync(directory)).toBe(false);
        expect(rigProcesses().filter(({ service }) => service === directory)).toEqual([]);
        expect(controlGroups(directory.slice(directory.lastIndexOf('/') + 1))).toEqual([]);
      }
      expect((await fetch(`${mine.url}/v2/`)).status).toBe(200);
    } finally {
      await mine.stop();
    }
  });
});

describe('a run', () => {
  test.each([
    ['its stop()', 'run.stop();'],
    ['the exit of its process', 'process.exit(0);'],
    ['SIGTERM', 'process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 10_000);'],
    ['an exception', 'throw new Error("meant");'],
  ])('ends with %s, with every service in it', async (_name, end) => {
    const { printed } = await inProcess(
      `
      const run = rig.startRigRun();
      await rig.sharedRegistry();
      const own = await rig.startGitServer();
      process.stdout.write(JSON.stringify([run.directory, own.pid]));
      process.on('uncaughtException', () => process.exit(1));
      ${end}`,
      { DOCK_RIG_DIR: '' },
    );
    const [directory, pid] = printed as [string, number];
    expect(existsSync(directory)).toBe(false);
    expect(rigProcesses().filter((process) => process.run === directory || process.pid === pid)).toEqual([]);
  });

  test('names the services that a test started and did not stop, and removes what crashed half-way', async () => {
    const { printed } = await inProcess(
      `
      const run = rig.startRigRun();
      await rig.sharedGitServer();
      const forgotten = await rig.startRegistry();
      await forgotten.kill();
      const kept = [dirname(forgotten.storage)];
      process.stdout.write(JSON.stringify([kept, run.stop(), run.stop()]));`,
      { DOCK_RIG_DIR: '' },
    );
    const [kept, named, later] = printed as [string[], string[], string[]];
    expect(named).toEqual(kept);
    expect(later).toEqual([]);
    expect(existsSync(String(kept[0]))).toBe(false);
  });

  test('has one of each service, whichever of its processes ask, however close', async () => {
    const ask = () =>
      inProcess(
        'process.stdout.write(JSON.stringify([(await rig.sharedGitServer()).url, (await rig.sharedRegistry()).host]));',
      );
    const [one, other] = await Promise.all([ask(), ask()]);
    expect(one.printed).toEqual(other.printed);
    expect(one.printed).toEqual([(await sharedGitServer()).url, (await sharedRegistry()).host]);
  });

  test('is needed for what is shared', async () => {
    const { printed } = await inProcess(
      'await rig.sharedRegistry().catch((error) => process.stdout.write(JSON.stringify(error.code)));',
      { DOCK_RIG_DIR: '' },
    );
    expect(printed).toBe('USAGE');
  });
});

test('a process is known by its start, not only by its number', () => {
  const self = identityOf(process.pid);
  expect(isGone(self)).toBe(false);
  const [pid, ticks, namespace, boot] = self.split('.');
  expect(isGone([pid, Number(ticks) - 1, namespace, boot].join('.'))).toBe(true);
  expect(isGone([pid, ticks, namespace, 'another-boot'].join('.'))).toBe(true);
  expect(isGone([pid, Number(ticks) - 1, '1', boot].join('.'))).toBe(false);
});

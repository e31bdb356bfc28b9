import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult, DockEvent } from '@dock/core';
import {
  engineKinds,
  baseImage,
  buildImage,
  type BuildImageOptions,
  engineRequest,
  listLeftovers,
  rigTool,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
} from '@dock/testing';
import { createProject, type Project } from '../run-dock.js';

const unique = `privileged-${process.pid}-${Date.now().toString(36)}`;
/** The rig's containers have the network of the machine, so there is no bridge to make. */
const onHost = `network: 'host', engineArgs: ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],`;

let engine: SharedRigEngine;
let base: string;
let project: Project;

beforeAll(async () => {
  engine = await sharedEngine();
  base = (await baseImage(await sharedRegistry(), { name: `${unique}/base:1` })).reference;
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());
afterAll(async () => {
  await engineRequest(engine.socketPath, 'DELETE', `/volumes/dock-cache-${unique}?force=1`);
});

/** What one run is like. */
interface Run {
  readonly target?: SharedRigEngine;
  readonly image?: BuildImageOptions;
  /** Options of the runner beside its build image, as code. */
  readonly options?: string;
  /** Members of the config, as code. */
  readonly config?: string;
  readonly dockerfile?: string;
}

async function run({ target = engine, image = { engine: true }, options = onHost, config, dockerfile }: Run = {}) {
  const { reference } = await buildImage(target, image);
  project.write({
    'context/Dockerfile': dockerfile ?? `FROM ${base}\nRUN echo hello > /hello\n`,
    'dock.config.ts': `
      import { defineConfig } from '@dock/core';
      import { privileged } from '@dock/runner-privileged';
      export default defineConfig({
        source: 'context', image: '${unique}:1', ${config ?? "network: 'host',"}
        runner: privileged({ buildImage: '${reference}', ${options} }),
      });`,
  });
  const { status, stdout, stderr } = await project.run(['build', '--json', '--progress', 'rawjson'], {
    env: { DOCKER_HOST: target.host },
  });
  const result = JSON.parse(stdout) as BuildResult;
  const events = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DockEvent);
  expect(result.exitStatus).toBe(status);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(await listLeftovers(target, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
  return { result, events };
}

const logOf = (events: readonly DockEvent[]) =>
  events.flatMap((event) => (event.type === 'step.log' ? [event.text] : [])).join('');

describe.each(engineKinds())('on Engine $version with the $store store', (kind) => {
  test('what it built is loaded into the engine of the host, and is the same image', async () => {
    const target = await sharedEngine(kind);
    const { result, events } = await run({ target, options: `${onHost} load: true,` });
    expect(result.error).toBeUndefined();
    expect(result).toMatchObject({ status: 'ok', runner: 'privileged', warnings: [], names: [expect.anything()] });
    const { Id: id } = (await engineRequest(target.socketPath, 'GET', `/images/${unique}:1/json`)).json() as {
      Id: string;
    };
    await engineRequest(target.socketPath, 'DELETE', `/images/${unique}:1?force=1`);
    expect(id === result.image?.configDigest).toBe(kind.store === 'classic');
    expect(events.filter(({ type }) => type === 'log')).toContainEqual(
      expect.objectContaining({ message: `The image is in the host's engine as "${id}".` }),
    );
  });
});

test('a cache is used again, by named capabilities too, and by one run at a time', async () => {
  const ask = (method: string, path: string, body?: unknown) => engineRequest(engine.socketPath, method, path, body);
  const options = `${onHost} cache: '${unique}', mode: 'capabilities',`;
  const first = await run({ options });
  expect(first.result.error).toBeUndefined();
  const second = await run({ options });
  expect(second.result.image?.id).toBe(first.result.image?.id);
  const cached = second.events.filter((event) => event.type === 'step.end' && event.isCached);
  expect(cached.length).toBeGreaterThan(0);

  const { reference } = await buildImage(engine);
  const HostConfig = { Mounts: [{ Type: 'volume', Source: `dock-cache-${unique}`, Target: '/data' }] };
  const created = await ask('POST', '/containers/create', { Image: reference, HostConfig });
  const { Id: id } = created.json() as { Id: string };
  // The engine counts whole seconds, and of two containers of one second the ID decides: this one has to be the older.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const third = await run({ options });
  await ask('DELETE', `/containers/${id}?force=1`);
  expect(third.result).toMatchObject({
    exitStatus: 3,
    error: { code: 'CACHE_IN_USE', message: expect.stringContaining(id.slice(0, 12)) },
  });
  const { Labels: labels } = (await ask('GET', `/volumes/dock-cache-${unique}`)).json() as { Labels: object };
  expect(Object.keys(labels)).not.toContain('io.dock.run');
});

test('has a bridge and a packet filter in a network of its own', async () => {
  project.write({ 'context/.keep': '' });
  copyFileSync(join(rigTool('busybox', '26'), '../../usr/bin/busybox'), join(project.directory, 'context/busybox'));
  const script = 'busybox ip addr; busybox ping -c1 -W5 172.17.0.1';
  const { result, events } = await run({
    options: "network: 'none',",
    config: '',
    dockerfile: `FROM scratch\nCOPY busybox /busybox\nRUN ["/busybox", "sh", "-c", ${JSON.stringify(script.replaceAll('busybox', '/busybox'))}]\n`,
  });
  expect(result.error).toBeUndefined();
  expect(logOf(events)).toMatch(/inet 172\.17\.0\.\d+\/16[^]* 0% packet loss/);
});

describe('an engine that does not come up', () => {
  test.each<[string, Run, string, number, RegExp]>([
    ['is not in the build image', { image: {} }, 'BUILD_IMAGE_NO_ENGINE', 2, /no "dockerd"/],
    [
      'takes too long',
      { options: `${onHost} startTimeoutMs: 1,` },
      'INNER_DAEMON_FAILED',
      3,
      /did not answer in 0.001 s/,
    ],
    [
      'has certificates that are none',
      { options: `${onHost} ca: 'dock.config.ts',` },
      'INVALID_OPTION',
      2,
      /holds no certificate/,
    ],
  ])('%s', async (_case, how, code, exitStatus, message) => {
    const { result } = await run(how);
    expect(result.error).toMatchObject({ code, exitStatus, message: expect.stringMatching(message) });
  });
});

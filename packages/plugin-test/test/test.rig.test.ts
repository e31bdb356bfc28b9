import { type AddressInfo, createServer } from 'node:net';
import { type EngineImage, DockError, type DockPlugin, type EnginePort, type TargetReference } from '@dock/core';
import {
  engineKinds,
  baseImage,
  engineRequest,
  runPlugin,
  sharedEngine,
  sharedRegistry,
  type SharedRigEngine,
} from '@dock/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { test as gate, type TestOptions } from '../src/index.js';
import { rigPort, uniqueRepository } from '../../engine/test/rig-port.js';
import { runDockerfile } from '../../engine/test/run-dockerfile.js';

const engines = engineKinds();

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

/** Publishes in the plainest way: what a gate has to keep from happening. */
const publisher: DockPlugin = {
  name: 'publisher',
  publishes: true,
  apply({ hooks }) {
    hooks.push.tap('publisher', async (_published, references, _image, { engine }) =>
      Promise.all(
        references.map(async (reference) => {
          const { digest } = await engine.pushImage(reference);
          const { registry, repository, tag = '' } = reference;
          const name = `${registry}/${repository}:${tag}`;
          return {
            reference,
            name,
            registry,
            digest,
            attempts: 1,
            confirmedBy: 'push-stream' as const,
            isVerified: true,
            durationMs: 0,
          };
        }),
      ),
    );
  },
};

describe.each(engines)('the gate on Engine $version, $store store', ({ version, store }) => {
  const repository = uniqueRepository('gate');
  let engine: SharedRigEngine;
  let port: EnginePort;
  let image: EngineImage;

  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    port = await rigPort(engine);
    const { id = '' } = await baseImage(engine, { name: `${repository}:1`, files: { '/www/index.html': repository } });
    image = await port.builtImage(id);
  });

  afterAll(async () => {
    await port.removeImage(image.id, { force: true });
    await port.close();
  });

  /** What is left of the gate; runPlugin waits 100 ms for a cancelled plugin, the engine may take longer to remove. */
  async function leftContainers(): Promise<unknown[]> {
    for (let look = 0; look < 100; look += 1) {
      const left = await containers();
      if (left.length === 0) return left;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return containers();
  }

  async function containers(): Promise<unknown[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: ['io.dock.run=gate-run'] }));
    return (
      await engineRequest(engine.socketPath, 'GET', `/containers/json?all=1&filters=${filters}`)
    ).json() as unknown[];
  }

  async function check(options: TestOptions, signal?: AbortSignal) {
    const outcome = await runPlugin(gate({ network: 'host', ...options }), {
      hook: 'prepublish',
      value: image,
      engine: port,
      context: { runId: 'gate-run' },
      timeoutMs: 60_000,
      ...(signal === undefined ? {} : { signal }),
    });
    expect(await leftContainers()).toEqual([]);
    return outcome;
  }

  test('passes a command that ends well, with its output in the result', async () => {
    const { value, error, reports } = await check({
      command: 'echo "$GREETING from $(pwd)"; id -u',
      env: { GREETING: 'hello' },
      user: '1234',
      workingDir: '/www',
    });
    expect(error).toBeUndefined();
    expect(value).toEqual(image);
    expect(reports).toMatchObject([{ exitCode: 0, output: 'hello from /www\n1234\n' }]);
  });

  test('passes words of a command as they are', async () => {
    const { reports } = await check({ command: ['echo', '$HOME;', 'a  b'] });
    expect(reports).toMatchObject([{ output: '$HOME; a  b\n' }]);
  });

  test('says no with the command, its status and the last 20 lines', async () => {
    const { error, reports } = await check({
      command: 'for i in $(seq 1 30); do echo line $i; done; exit 3',
      name: 'smoke',
    });
    expect(error).toMatchObject({ code: 'GATE_FAILED', exitStatus: 1, plugin: 'smoke', details: { exitCode: 3 } });
    expect(error?.message).toMatch(/^Gate "smoke": "for i in .* exit 3" ended with status 3\.$/);
    const tail = error?.details?.['logTail'] as string[];
    expect([tail.length, tail[0], tail.at(-1)]).toEqual([20, 'line 11', 'line 30']);
    expect(reports).toMatchObject([{ exitCode: 3, output: expect.stringContaining('line 1\n') }]);
  });

  test('ends a command at the deadline, with what it printed', async () => {
    const { error, reports } = await check({ command: 'echo started; sleep 600', timeoutMs: 5000 });
    expect(error).toMatchObject({ code: 'GATE_TIMEOUT', exitStatus: 124, details: { logTail: ['started'] } });
    expect(reports).toMatchObject([{ output: 'started\n' }]);
  });

  test('tells a command that ran out of memory', async () => {
    const { error } = await check({ command: ['tail', '/dev/zero'], memory: 16 * 1024 * 1024 });
    expect(error).toMatchObject({ code: 'OOM_KILLED', exitStatus: 1 });
    expect(error?.message).toContain('16.8 MB');
  });

  test('leaves no container after a cancellation', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DockError('CANCELLED', 'The run was cancelled.')), 1000);
    const { error } = await check({ command: 'sleep 600' }, controller.signal);
    expect(error?.code).toBe('CANCELLED');
  });

  /** An image that starts a web server. */
  async function withServer(command: string, work: (served: EngineImage) => Promise<void>): Promise<void> {
    const result = await runDockerfile(`FROM ${repository}:1\nCMD ${command}\n`, [], () => rigPort(engine));
    expect(result.error).toBeUndefined();
    const before = image;
    image = result.image?.id === undefined ? before : result.image;
    try {
      await work(image);
    } finally {
      await port.removeImage(image.id, { force: true });
      image = before;
    }
  }

  test('passes a service that answers at its port, and one that answers as expected', async () => {
    const number = await freePort();
    await withServer(`sleep 1; exec httpd -f -p 127.0.0.1:${number} -h /www`, async () => {
      const byPort = await check({ port: number });
      expect(byPort.error).toBeUndefined();
      const byUrl = await check({ url: `http://localhost:${number}/index.html`, expectBody: repository });
      expect(byUrl.error).toBeUndefined();
      expect(byUrl.reports).toMatchObject([{ port: number, url: '/index.html', status: 200 }]);
      const missing = await check({ port: number, url: '/missing', expectStatus: [404, 410] });
      expect(missing.error).toBeUndefined();
    });
  });

  test('says no to a service that answers wrongly until the deadline', async () => {
    const number = await freePort();
    await withServer(`exec httpd -f -p 127.0.0.1:${number} -h /www`, async () => {
      const { error, reports } = await check({ port: number, url: '/missing', timeoutMs: 6000 });
      expect(error).toMatchObject({ code: 'GATE_FAILED', details: { status: 404 } });
      expect(error?.message).toContain('status 404, expected 200');
      expect(reports).toMatchObject([{ status: 404 }]);
    });
  });

  test('says no at once when the container ends, with its output', async () => {
    const number = await freePort();
    await withServer('echo no config >&2; exit 7', async () => {
      const { error } = await check({ port: number });
      expect(error).toMatchObject({ code: 'GATE_FAILED', details: { exitCode: 7, logTail: ['no config'] } });
    });
  });

  test('is out of time with a service that never answers', async () => {
    await withServer('echo waiting; sleep 600', async () => {
      const { error } = await check({ port: await freePort(), timeoutMs: 8000 });
      expect(error).toMatchObject({ code: 'GATE_TIMEOUT', exitStatus: 124, details: { logTail: ['waiting'] } });
    });
  });

  test('does not take somebody else’s service on the host for the image’s', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    const { error } = await check({ port: (other.address() as AddressInfo).port });
    await new Promise((resolve) => void other.close(resolve));
    expect(error).toMatchObject({ code: 'GATE_FAILED' });
    expect(error?.message).toContain('taken by something else');
  });

  test('a gate that says no leaves nothing in the registry, and no name in the engine', async () => {
    const registry = await sharedRegistry();
    const target: TargetReference = { registry: registry.host, repository, tag: 'gated' };
    const name = `${registry.host}/${repository}:gated`;
    const plugins = (command: string) => [gate({ command, network: 'host' }), publisher];
    const run = async (command: string) =>
      runDockerfile(`FROM ${repository}:1\nLABEL gated=yes\n`, plugins(command), () => rigPort(engine), {
        tags: [name],
      });
    const refused = await run('exit 1');
    expect(refused).toMatchObject({
      status: 'failed',
      exitStatus: 1,
      publishedState: 'none',
      error: { code: 'GATE_FAILED' },
    });
    expect(refused.plugins.find(({ hook }) => hook === 'prepublish')?.value).toMatchObject({ exitCode: 1 });
    expect(registry.requests().filter(({ path }) => path.includes(repository))).toEqual([]);
    expect((await fetch(`${registry.url}/v2/${repository}/tags/list`)).status).toBe(404);
    expect(await port.inspectImage(name)).toBeUndefined();
    const passed = await run('true');
    expect(passed).toMatchObject({
      status: 'ok',
      publishedState: 'complete',
      published: [{ reference: target, isVerified: true }],
    });
    expect((await fetch(`${registry.url}/v2/${repository}/manifests/gated`)).status).toBe(200);
    await port.removeImage(passed.image?.id ?? '', { force: true });
  });
});

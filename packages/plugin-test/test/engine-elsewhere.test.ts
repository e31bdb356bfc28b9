import { type ContainerRequest, DockError, type EnginePort, type RunningContainer } from '@dock/core';
import { builtImage, runPlugin } from '@dock/testing';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { test as gate } from '../src/index.js';

const server = createServer((socket) => socket.on('error', () => undefined).write('hello'));
afterEach(() => void server.close());

/** An engine whose containers run, publish a port where nothing listens, and have an address of their own. */
function engineAt(url: string, address = '') {
  const requests: ContainerRequest[] = [];
  const container: Partial<RunningContainer> = {
    address,
    ports: { '8080/tcp': { host: '127.0.0.1', port: 1 } },
    state: async () => ({ isRunning: true }) as never,
    output: async () => '',
    remove: async () => undefined,
  };
  const port: Partial<EnginePort> = {
    endpoint: { url, origin: 'test' },
    async startContainer(request) {
      requests.push(request);
      const ports = Object.fromEntries(
        (request.publishPorts ?? []).map((key) => [key, { host: '127.0.0.1', port: 1 }]),
      );
      return { ...container, ports } as RunningContainer;
    },
  };
  return { port, requests };
}

test.each(['tcp://10.1.2.3:2375', 'tcp://localhost.example:2375', 'ssh://me@host'])(
  'a port of the engine "%s" cannot be asked from here, and nothing is started',
  async (url) => {
    const { port, requests } = engineAt(url);
    const { error } = await runPlugin(gate({ port: 8080 }), { hook: 'prepublish', value: builtImage(), engine: port });
    expect(error).toMatchObject({ code: 'OPTION_UNSUPPORTED', exitStatus: 2 });
    expect(requests).toEqual([]);
  },
);

test('a service is asked at the container’s own address too', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = engineAt('unix:///var/run/docker.sock', '127.0.0.1');
  const { error, reports } = await runPlugin(gate({ port: (server.address() as AddressInfo).port }), {
    hook: 'prepublish',
    value: builtImage(),
    engine: port,
  });
  expect(error).toBeUndefined();
  expect(reports).toHaveLength(1);
});

test('a program that the image does not have is the gate’s no', async () => {
  const { port } = engineAt('unix:///var/run/docker.sock');
  const runContainer: EnginePort['runContainer'] = async () => {
    throw new DockError('CONTAINER_FAILED', 'exec: "nocmd": executable file not found in $PATH: unknown');
  };
  const { error } = await runPlugin(gate({ command: ['nocmd'] }), {
    hook: 'prepublish',
    value: builtImage(),
    engine: { ...port, runContainer },
  });
  expect(error).toMatchObject({ code: 'GATE_FAILED', retryable: false, message: expect.stringContaining('"nocmd"') });
});

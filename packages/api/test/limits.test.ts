import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildImage, runBuild } from '@dock/api';
import { type BuildRequest, type DockPlugin, parseImageReference, type RunContext, type RunTimeouts } from '@dock/core';
import { type FakeEngine, type FakeResponse, parts, startFakeEngine } from '@dock/testing';
import { prepareInTime } from '../src/run/prepare-in-time.js';

/** Short enough to wait for, and never met by what stands still for ever. */
const limitMs = 300;
const never = () => new Promise<never>(() => undefined);

let directory: string;
let engine: FakeEngine;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-limits-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\nLABEL a=b\n');
  engine = await startFakeEngine();
});
afterEach(async () => {
  await engine.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Begin to answer, and stop for ever. */
const standStill = (first = ''): FakeResponse => ({
  headers: { 'Content-Type': 'application/json' },
  body: [...(first === '' ? [] : [first]), parts.stall],
});

function run(timeouts: RunTimeouts, request: Partial<BuildRequest> = {}, plugins: readonly DockPlugin[] = []) {
  return buildImage(
    { source: { kind: 'path', path: directory }, builder: 'classic', ...request, timeouts },
    {
      host: engine.host,
      env: {},
      cwd: directory,
      stateDir: false,
      plugins,
      push: request.targetRegistries !== undefined,
    },
  );
}

const listening = async <T extends Server | TcpServer>(server: T): Promise<{ server: T; host: string }> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
};

/** A plugin that ends only when it is told to. */
const hangsIn = (hook: 'prebuild' | 'prepublish'): DockPlugin => ({
  name: 'slow',
  apply(dock) {
    const hang = (_value: unknown, { signal }: RunContext) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('told to stop'))));
    if (hook === 'prebuild') dock.hooks.prebuild.tap('slow', hang);
    else dock.hooks.prepublish.tap('slow', hang);
  },
});

const pulls: DockPlugin = {
  name: 'pulls',
  apply(dock) {
    dock.hooks.prebuild.tap('pulls', async (_spec: unknown, context: RunContext) => {
      await context.engine.pullImage(parseImageReference('registry.example.com/base:1'), { signal: context.signal });
    });
  },
};

describe('a limit of a run ends what stands still, and names itself', () => {
  const cases: [keyof RunTimeouts, string, () => Promise<Awaited<ReturnType<typeof run>>>][] = [
    [
      'connectMs',
      'TIMEOUT',
      () => {
        for (const path of ['/_ping', '/version', '/info']) {
          engine.on('GET', path, standStill());
          engine.on('HEAD', path, standStill());
        }
        return run({ connectMs: limitMs });
      },
    ],
    [
      'sourceMs',
      'GIT_TIMEOUT',
      async () => {
        const { server, host } = await listening(createTcpServer((socket) => void socket.on('error', () => undefined)));
        try {
          return await run({ sourceMs: limitMs }, { source: { kind: 'git', url: `http://${host}/r.git` } });
        } finally {
          server.close();
        }
      },
    ],
    [
      'pullIdleMs',
      'PULL_TIMEOUT',
      () => {
        engine.on('POST', '/images/create', standStill('{"status":"Pulling from base"}\r\n'));
        return run({ pullIdleMs: limitMs }, {}, [pulls]);
      },
    ],
    [
      'buildIdleMs',
      'TIMEOUT',
      () => {
        engine.on('POST', '/build', standStill('{"stream":"Step 1/1 : FROM scratch"}\r\n'));
        return run({ buildIdleMs: limitMs });
      },
    ],
    [
      'pushIdleMs',
      'PUSH_TIMEOUT',
      async () => {
        const registry = createServer(({ url }, response) => response.writeHead(url === '/v2/' ? 200 : 404).end('{}'));
        const { server, host } = await listening(registry);
        engine.on('POST', '/images/{name}/push', standStill('{"status":"Preparing"}\r\n'));
        try {
          return await run({ pushIdleMs: limitMs }, { tags: ['app:1'], targetRegistries: [host] });
        } finally {
          server.close();
        }
      },
    ],
    ['pluginMs', 'PLUGIN_TIMEOUT', () => run({ pluginMs: limitMs }, {}, [hangsIn('prebuild')])],
    ['phaseMs', 'TIMEOUT', () => run({ phaseMs: limitMs }, {}, [hangsIn('prepublish')])],
    ['runMs', 'TIMEOUT', () => run({ runMs: limitMs }, {}, [hangsIn('prepublish')])],
  ];

  test.each(cases)('%s: %s', async (key, code, hang) => {
    const { status, exitStatus, error } = await hang();
    expect([status, exitStatus, error?.code]).toEqual(['failed', 124, code]);
    expect(error?.hint).toContain(`timeouts.${key}`);
    expect(error?.message).toMatch(/\b300 ms|\b0\.3 s/);
  });

  test('each has a case here', () => {
    const keys: Record<keyof RunTimeouts, true> = {
      runMs: true,
      connectMs: true,
      phaseMs: true,
      pluginMs: true,
      sourceMs: true,
      buildIdleMs: true,
      pullIdleMs: true,
      pushIdleMs: true,
    };
    expect(cases.map(([key]) => key).toSorted()).toEqual(Object.keys(keys).toSorted());
  });
});

describe('a config that never comes', () => {
  test('is given up at its own limit, which is 60 s in a run', async () => {
    await expect(prepareInTime(never, undefined, 20)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'Loading the config took longer than 20 ms.',
      hint: expect.stringContaining('config'),
    });
  });

  test('is not waited for once the caller cancels', async () => {
    const cancel = new AbortController();
    const result = runBuild(
      async () => {
        cancel.abort('SIGTERM');
        return never();
      },
      { env: {}, cwd: directory, stateDir: false, signal: cancel.signal },
    );
    expect(await result).toMatchObject({ status: 'cancelled', exitStatus: 143, error: { phase: 'config' } });
  });
});

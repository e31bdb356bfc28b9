import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunnerContext } from '../../src/contracts/runner.js';
import type { BuildRequest } from '../../src/contracts/build-request.js';
import { type ElsewhereRun, runElsewhere } from '../../src/run/run-elsewhere.js';
import { notingEngine, plugin, tryRun } from './pipeline-fixture.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-elsewhere-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const run = (
  work: (run: ElsewhereRun) => Promise<void>,
  context: Partial<RunnerContext> = {},
  request: Partial<BuildRequest> = {},
) =>
  runElsewhere(
    { request: { source: { kind: 'path', path: '.' }, ...request }, plugins: [] },
    {
      runId: 'r-1',
      cwd: directory,
      env: {},
      tempDir: join(directory, 'temp'),
      connectEngine: async () => notingEngine([]),
      ...context,
    },
    'elsewhere',
    work,
  );

describe('a run whose pipeline runs elsewhere', () => {
  test('hands on what it masks to who asks for it, and nothing that is too short to be masked', async () => {
    const heard: string[] = [];
    await run(
      async (other) => {
        other.addSecret('hunter2-hunter2');
        expect(() => other.addSecret('abc')).toThrow(expect.objectContaining({ code: 'SECRET_TOO_SHORT' }));
      },
      { onSecret: (value) => heard.push(value) },
    );
    expect(heard).toEqual(['hunter2-hunter2']);
  });

  test('is no good end without a result', async () => {
    const result = await run(async () => undefined);
    expect(result).toMatchObject({ status: 'failed', exitStatus: 70, error: { code: 'RESULT_MISSING' } });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('is cancelled by a %s that came before it', async (reason, exitStatus) => {
    const result = await run(async () => undefined, { signal: AbortSignal.abort(reason) });
    expect(result).toMatchObject({ status: 'cancelled', exitStatus, error: { code: 'CANCELLED' } });
  });

  test('tells of the signal, and of what came of it as a consequence', async () => {
    const controller = new AbortController();
    const result = await run(
      async () => {
        controller.abort('SIGINT');
        throw new Error('cut');
      },
      { signal: controller.signal },
    );
    expect(result).toMatchObject({ exitStatus: 130, error: { code: 'CANCELLED', attached: [{ code: 'INTERNAL' }] } });
  });

  test('asks the engine in the time for connecting', async () => {
    const engine = notingEngine([], {
      describe: ({ signal } = {}) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const result = await run(
      async (elsewhere) => void (await elsewhere.describeEngine(await elsewhere.connectEngine())),
      { connectEngine: async () => engine },
      { timeouts: { connectMs: 20 } },
    );
    expect(result.error).toMatchObject({ code: 'TIMEOUT', hint: expect.stringContaining('timeouts.connectMs') });
  });
});

test('a frozen environment reaches a plugin as it is', async () => {
  const read: string[] = [];
  const env = new Proxy<Record<string, string>>(
    { PATH: process.env['PATH'] ?? '' },
    {
      get(target, name) {
        if (typeof name === 'string' && !(name in target)) read.push(name);
        return Reflect.get(target, name) as unknown;
      },
    },
  );
  const reader = plugin('reader', (dock) => {
    dock.hooks.prebuild.tap('reader', (_, context) => void context.env['TOKEN']);
  });
  const { result } = await tryRun([reader], { context: { env: Object.freeze(env) } });
  expect([result.status, read]).toEqual(['ok', ['TOKEN']]);
});

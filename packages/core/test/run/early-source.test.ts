import { mkdirSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DockError } from '../../src/errors/dock-error.js';
import { backend, type Place, place, processesOf, repository, serve, type TestServer } from '../source/git-fixture.js';
import { notingEngine, plugin, tryRun } from './pipeline-fixture.js';

let here: Place;
let server: TestServer;
let commit: string;
/** Resolves when the git server is asked for the first time. */
let asked: Promise<void>;

beforeEach(async () => {
  here = place();
  commit = repository(here.path('repos', 'app.git'));
  mkdirSync(here.path('temp'), { mode: 0o700 });
  let onAsked: () => void;
  asked = new Promise((resolve) => {
    onAsked = resolve;
  });
  const answer = backend(here.path('repos'));
  server = await serve((incoming, outgoing) => {
    onAsked();
    answer(incoming, outgoing);
  });
});
afterEach(async () => {
  await server.close();
  here.remove();
});

const request = () => ({ source: { kind: 'git' as const, url: `${server.url}/app.git` } });

test('a git source is fetched while the engine is asked, and seen in its own phase only', async () => {
  const { result, events } = await tryRun([], {
    request: request(),
    connect: async () => {
      await asked;
      return notingEngine([]);
    },
  });
  expect(result).toMatchObject({ status: 'ok', source: { git: { commit } } });
  const at = (type: string, phase: string) =>
    events.findIndex((event) => event.type === type && 'phase' in event && event.phase === phase);
  const logs = events.flatMap((event, index) =>
    event.type === 'log' && event.source === 'dock:source' ? [index] : [],
  );
  expect(logs.length).toBeGreaterThan(1);
  for (const index of logs) {
    expect(index).toBeGreaterThan(at('phase.start', 'source'));
    expect(index).toBeLessThan(at('phase.end', 'source'));
  }
});

test('plugins that leave the source to dock are loaded while a git source is fetched', async () => {
  const calls: string[] = [];
  const late = plugin('late', (dock) => {
    dock.hooks.prebuild.tap('late', (_, { checkout }) => void calls.push(`sees ${checkout.git?.commit}`));
  });
  const load = async () => {
    await asked;
    return [late];
  };
  const { result } = await tryRun([], { request: request(), job: { latePlugins: { publishes: false, load } } });
  expect(result).toMatchObject({ status: 'ok', source: { git: { commit } } });
  expect(calls).toEqual([`sees ${commit}`]);
});

test('plugins that cannot be loaded end the run in its config phase, and the fetch leaves nothing', async () => {
  const load = async () => {
    await asked;
    throw new DockError('CONFIG_INVALID', 'No such option.');
  };
  const { result, calls } = await tryRun([], {
    request: request(),
    context: { tempDir: here.path('temp') },
    job: { latePlugins: { publishes: true, load } },
  });
  expect(result).toMatchObject({
    status: 'failed',
    warnings: [],
    error: { code: 'CONFIG_INVALID', phase: 'config' },
  });
  expect(calls).toEqual([]);
  expect(readdirSync(here.path('temp'))).toEqual([]);
  expect(processesOf(here.path('temp'))).toEqual([]);
});

test('an engine that does not answer is the error, and the fetch leaves nothing', async () => {
  const { result } = await tryRun([], {
    request: request(),
    context: { tempDir: here.path('temp') },
    connect: async () => {
      await asked;
      throw new DockError('DAEMON_UNREACHABLE', 'No engine answers.');
    },
  });
  expect(result).toMatchObject({
    status: 'failed',
    warnings: [],
    error: { code: 'DAEMON_UNREACHABLE', phase: 'endpoint' },
  });
  expect(readdirSync(here.path('temp'))).toEqual([]);
  expect(processesOf(here.path('temp'))).toEqual([]);
});

test('a plugin that takes over the source is asked first, and nothing is fetched', async () => {
  const own = plugin('own', (dock) => {
    dock.hooks.source.tap('own', (_, context) => ({
      kind: 'path',
      directory: context.workDir,
      contextDir: context.workDir,
    }));
  });
  const { result } = await tryRun([own], { request: request() });
  expect(result.error?.code).toBe('DOCKERFILE_NOT_FOUND');
  expect(server.requests).toEqual([]);
});

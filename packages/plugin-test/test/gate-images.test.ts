import type { BuiltImage, EnginePort } from '@dock/core';
import { runPlugin } from '@dock/testing';
import { expect, test } from '@jest/globals';
import { test as gate, type TestOptions } from '../src/index.js';

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const platform = (name: string, digit: string) => ({
  platform: name,
  configDigest: digestOf(digit),
  manifestDigest: digestOf(digit),
});
const index: BuiltImage = {
  place: { kind: 'registry', repository: 'a:5000/team/app', digest: digestOf('f') },
  configDigest: digestOf('1'),
  manifestDigest: digestOf('f'),
  platforms: [platform('linux/amd64', '1'), platform('linux/arm64/v8', '2')],
};

/** An engine of one platform that pulls what it is asked for. */
function engineOf(own: string, configDigest: string) {
  const calls: string[] = [];
  const engine: Partial<EnginePort> = {
    runnablePlatforms: async () => [own],
    inspectImage: async () => undefined,
    pullImage: async ({ digest = '' }) => {
      calls.push(`pull ${digest}`);
      return { id: configDigest };
    },
    builtImage: async (id) => ({
      place: { kind: 'engine', id, store: 'classic' },
      id,
      store: 'classic',
      configDigest,
      platforms: [{ platform: own, configDigest }],
    }),
    runContainer: async ({ image }) => {
      calls.push(`run ${image}`);
      return { exitCode: 0, isOomKilled: false, durationMs: 1, output: '', isOutputCut: false } as never;
    },
    removeImage: async (name) => void calls.push(`remove ${name}`),
  };
  return { engine, calls };
}

const run = async (engine: Partial<EnginePort>, options: Partial<TestOptions> = {}) =>
  runPlugin(gate({ command: 'true', gate: 'by-digest', ...options }), { hook: 'prepublish', value: index, engine });

test('of an index in a registry the engine pulls and runs its own platform, and the others are told', async () => {
  const { engine, calls } = engineOf('linux/arm64', digestOf('2'));
  const { error, gates, warnings } = await run(engine);
  expect(error).toBeUndefined();
  expect(gates).toEqual([
    { gate: 'test', platform: 'linux/amd64', status: 'not-run', why: 'the engine runs linux/arm64' },
    { gate: 'test', platform: 'linux/arm64/v8', status: 'passed' },
  ]);
  expect(warnings.map(({ message }) => message)).toEqual([
    'Gate "test" did not run on linux/amd64: the engine runs linux/arm64.',
  ]);
  expect(calls).toEqual([`pull ${digestOf('2')}`, `run ${digestOf('2')}`, `remove a:5000/team/app@${digestOf('2')}`]);
});

test('with platforms "all", one that cannot run is a no, and nothing is run', async () => {
  const { engine, calls } = engineOf('linux/amd64', digestOf('1'));
  const { error, gates } = await run(engine, { platforms: 'all' });
  expect(error).toMatchObject({ code: 'GATE_FAILED' });
  expect(gates).toMatchObject([{ platform: 'linux/arm64/v8', status: 'not-run' }]);
  expect(calls).toEqual([]);
});

test('a gate that runs on none of the platforms has not passed', async () => {
  const { engine, calls } = engineOf('linux/s390x', digestOf('9'));
  const { error, gates } = await run(engine);
  expect(error).toMatchObject({ code: 'GATE_FAILED', message: expect.stringContaining('the engine runs linux/s390x') });
  expect(gates.map(({ status }) => status)).toEqual(['not-run', 'not-run']);
  expect(calls).toEqual([]);
});

test('what was pulled must be what was built', async () => {
  const { engine, calls } = engineOf('linux/amd64', digestOf('7'));
  const { error, gates } = await run(engine);
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
  expect(gates.map(({ platform: name, status }) => `${name} ${status}`)).toEqual([
    'linux/arm64/v8 not-run',
    'linux/amd64 not-run',
  ]);
  expect(calls.some((call) => call.startsWith('run'))).toBe(false);
});

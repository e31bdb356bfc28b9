import { describe, expect, test } from '@jest/globals';
import type { BuiltImage } from '../../src/contracts/image.js';
import type { BuildOptions, RemoteBuilder } from '../../src/contracts/image-builder.js';
import type { RunnerContext } from '../../src/contracts/runner.js';
import { DockError } from '../../src/errors/dock-error.js';
import { plugin, pretendPush, tryRun } from './pipeline-fixture.js';

const digest = `sha256:${'d'.repeat(64)}`;
const configDigest = `sha256:${'c'.repeat(64)}`;
const inEngine: BuiltImage = {
  place: { kind: 'engine', id: configDigest, store: 'classic' },
  id: configDigest,
  store: 'classic',
  configDigest,
  platforms: [],
};
const inRegistry: BuiltImage = {
  place: { kind: 'registry', repository: 'r.example.com/team/app', digest },
  configDigest,
  manifestDigest: digest,
  platforms: [],
};

const gate = (image: 'engine' | 'registry') => plugin('gate', () => undefined, { requires: { image } });

/** A run whose builder is nobody's engine. */
async function tryRemote(plugins: Parameters<typeof tryRun>[0], options: Parameters<typeof tryRun>[1] = {}) {
  const calls: string[] = [];
  const destinations: BuildOptions['destination'][] = [];
  const builder: RemoteBuilder = {
    name: 'tcp://builder.example.com:1234',
    buildOutputs: async () => undefined,
    describe: async () => ({ version: 'v0.12.5' }),
    build: async (_spec, { destination } = {}) => {
      destinations.push(destination);
      return destination?.kind === 'engine' ? inEngine : inRegistry;
    },
    close: async () => void calls.push('builder closed'),
  };
  const connectBuilder: RunnerContext['connectBuilder'] = async (choice) => {
    calls.push(`builder ${choice}`);
    return builder;
  };
  const trial = await tryRun(plugins, {
    ...options,
    request: { builder: builder.name, tags: ['r.example.com/team/app:1'], ...options.request },
    connect: async () => {
      calls.push('engine');
      throw new DockError('DAEMON_UNREACHABLE', 'There is none.');
    },
    context: { connectBuilder, ...options.context },
  });
  return { ...trial, calls, destinations };
}

describe('a run whose builder is no engine', () => {
  test('needs none where it publishes: the image goes by digest to the repositories of its names', async () => {
    const { result, calls, destinations } = await tryRemote([pretendPush()], {
      request: { tags: ['r.example.com/team/app:1', 'r.example.com/team/app:2', 'other.example.com/app:1'] },
    });
    expect(result).toMatchObject({ status: 'ok', image: inRegistry, publishedState: 'complete', names: [] });
    expect(result.versions['builder']).toBe('v0.12.5');
    expect(result.versions).not.toHaveProperty('engine');
    expect(calls).toEqual(['builder tcp://builder.example.com:1234', 'builder closed']);
    expect(destinations).toEqual([
      {
        kind: 'registry',
        repositories: [
          { registry: 'r.example.com', repository: 'team/app' },
          { registry: 'other.example.com', repository: 'app' },
        ],
      },
    ]);
  });

  test('tells taps who builds, and no other run does', async () => {
    const seen: unknown[] = [];
    const tell = plugin('tell', (dock) => dock.hooks.prebuild.tap('tell', (_, { builder }) => void seen.push(builder)));
    await tryRemote([tell, pretendPush()]);
    await tryRun([tell]);
    expect(seen).toEqual([{ name: 'tcp://builder.example.com:1234' }, undefined]);
  });

  test('has an engine before it builds where a plugin needs the image there', async () => {
    const { result, calls, destinations } = await tryRemote([gate('engine'), pretendPush()]);
    expect(result.error).toMatchObject({ code: 'DAEMON_UNREACHABLE', phase: 'endpoint' });
    expect(calls).toContain('engine');
    expect(destinations).toEqual([]);
  });

  test('asks for an engine when a tap does, and that tap is told that there is none', async () => {
    const asks = plugin('asks', (dock) =>
      dock.hooks.postbuild.tap('asks', async (_references, _image, { engine }) => {
        await engine.inspectImage('x');
      }),
    );
    const { result } = await tryRemote([asks, pretendPush()]);
    expect(result.error).toMatchObject({ code: 'DAEMON_UNREACHABLE', phase: 'postbuild', plugin: 'asks' });
  });

  test('puts nothing into a registry that nobody asked to publish to', async () => {
    const { result, calls } = await tryRemote([gate('registry')]);
    expect(result.error).toMatchObject({ code: 'CONFIG_INVALID', phase: 'config', plugin: 'gate' });
    expect(calls).toEqual([]);
  });

  test('says where an image can go when nobody does', async () => {
    const { result, destinations } = await tryRemote([]);
    expect(result.error).toMatchObject({ code: 'USAGE', phase: 'build' });
    expect(destinations).toEqual([]);
  });

  test('gives no local name, and says so', async () => {
    const { result } = await tryRemote([pretendPush()], {
      request: { tags: ['team/app:1'], targetRegistries: ['r.example.com'] },
    });
    expect(result).toMatchObject({ status: 'ok', names: [] });
    expect(result.warnings.map(({ message }) => message)).toContain(
      'The image is in no engine, so it has no name there: "docker.io/team/app:1" is not given.',
    );
  });

  test('keeps its builder, whatever a plugin says', async () => {
    const change = plugin('change', (dock) =>
      dock.hooks.prebuild.tap('change', (spec) => ({ ...spec, builder: 'other' })),
    );
    const { result, destinations } = await tryRemote([change, pretendPush()]);
    expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', phase: 'prebuild' });
    expect(destinations).toEqual([]);
    expect((await tryRun([change])).result.error).toMatchObject({ code: 'PLUGIN_FAILED', phase: 'prebuild' });
  });

  test('is refused by whoever has no way to builders', async () => {
    const { result } = await tryRun([pretendPush()], { request: { builder: 'mine' } });
    expect(result.error).toMatchObject({ code: 'OPTION_UNSUPPORTED', phase: 'endpoint' });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EnginePort } from '../../src/contracts/engine-port.js';
import type { Dock } from '../../src/contracts/plugin.js';
import { readResult } from '../../src/run/result-schema.js';
import { builtImage } from '../hooks/fixtures.js';
import { plugin, pretendPush, tryRun } from './pipeline-fixture.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-outputs-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const dest = () => join(directory, 'out');
const written: EnginePort['buildOutputs'] = async (_, { onOutput } = {}) =>
  onOutput?.({ type: 'local', dest: dest(), files: 1, bytes: 3 });

describe('a run whose outputs make no image', () => {
  test('ends after the build, with its outputs and no image', async () => {
    const { result, calls } = await tryRun([], { request: { outputs: [dest()] }, engine: { buildOutputs: written } });
    expect(result).toMatchObject({ status: 'ok', outputs: [{ type: 'local', dest: dest(), files: 1, bytes: 3 }] });
    expect(result).not.toHaveProperty('image');
    expect(result.phases.map(({ phase }) => phase).slice(-2)).toEqual(['build', 'cleanup']);
    expect(calls).toEqual(['close']);
    expect(readResult(JSON.stringify(result)).outputs).toEqual(result.outputs);
  });

  test('gets paths relative to where the run began', async () => {
    const specs: unknown[] = [];
    const engine: Partial<EnginePort> = {
      buildOutputs: async (spec, { onOutput } = {}) => {
        specs.push(spec.outputs);
        onOutput?.({ type: 'local', dest: dest(), bytes: 0 });
      },
    };
    await tryRun([], { request: { outputs: ['out'] }, engine, context: { cwd: directory } });
    expect(specs).toEqual([[`type=local,dest=${dest()}`]]);
  });

  test.each<[string, (dock: Dock) => void]>([
    ['prepublish', ({ hooks }) => hooks.prepublish.tap('gate', () => undefined)],
    ['postbuild', ({ hooks }) => hooks.postbuild.tap('gate', () => undefined)],
    ['push', ({ hooks }) => hooks.push.tap('gate', () => undefined)],
  ])('refuses a plugin that taps %s', async (_, apply) => {
    const gate = plugin('gate', apply);
    const { result, calls } = await tryRun([gate], { request: { outputs: [dest()] } });
    expect(result.error).toMatchObject({
      code: 'CONFIG_INVALID',
      plugin: 'gate',
      hint: expect.stringMatching(/--skip gate/),
    });
    expect(calls).toEqual([]);
  });

  test('fails when a plugin has built in place of dock, or an output is missing', async () => {
    const own = plugin('own', (dock) => dock.hooks.build.tap('own', () => builtImage()));
    const request = { outputs: [dest()] };
    expect((await tryRun([own], { request })).result.error).toMatchObject({
      code: 'PLUGIN_FAILED',
      message: `The build ended without its output "type=local,dest=${dest()}".`,
    });
    const engine = { buildOutputs: async () => undefined };
    expect((await tryRun([], { request, engine })).result.error?.code).toBe('PLUGIN_FAILED');
  });

  test('fails when a plugin changes its outputs', async () => {
    const sly = plugin('sly', (dock) =>
      dock.hooks.prebuild.tap('sly', (spec) => ({ ...spec, outputs: ['type=local,dest=/etc'] })),
    );
    expect((await tryRun([sly], { request: { outputs: [dest()] } })).result.error).toMatchObject({
      code: 'PLUGIN_FAILED',
      message: 'A plugin changed the outputs of the spec.',
    });
  });
});

describe('a run with outputs beside its image', () => {
  test('has both, and publishes the image', async () => {
    const engine: Partial<EnginePort> = {
      build: async (_, { onOutput } = {}) => {
        onOutput?.({ type: 'local', dest: dest(), bytes: 0 });
        return builtImage();
      },
    };
    const request = { outputs: [dest(), 'type=image'], tags: ['r.example.com/a:1'] };
    const { result } = await tryRun([pretendPush()], { request, engine });
    expect(result).toMatchObject({
      status: 'ok',
      image: builtImage(),
      publishedState: 'complete',
      outputs: [{ dest: dest() }],
    });
  });
});

describe('standard output', () => {
  test('is refused where the run has none, and handed to the builder where it has', async () => {
    const request = { outputs: ['-'] };
    expect((await tryRun([], { request })).result.error).toMatchObject({ code: 'INVALID_OPTION' });
    const stream = new PassThrough();
    const got: unknown[] = [];
    const engine: Partial<EnginePort> = {
      buildOutputs: async (_, { openStandardOutput, onOutput } = {}) => {
        got.push(openStandardOutput?.());
        onOutput?.({ type: 'tar', dest: '-', bytes: 1 });
      },
    };
    const { result } = await tryRun([], { request, engine, context: { openStandardOutput: () => stream } });
    expect([result.status, got]).toEqual(['ok', [stream]]);
  });
});

describe('a tag', () => {
  const warned = async (outputs: readonly string[]): Promise<readonly string[]> => {
    const engine: Partial<EnginePort> = {
      buildOutputs: async (_, { onOutput } = {}) => {
        for (const [at, type] of ['local', 'tar', 'oci'].entries())
          if (outputs[at] !== undefined) onOutput?.({ type: type as 'local', dest: `${dest()}${at}`, bytes: 1 });
      },
    };
    const request = { outputs, tags: ['one:1', 'two:2'] };
    const { result } = await tryRun([], { request, engine });
    expect(result.status).toBe('ok');
    return result.warnings.map(({ message }) => message).filter((message) => message.includes('names nothing'));
  };
  const outputs = () => [`type=local,dest=${dest()}0`, `type=tar,dest=${dest()}1`, `type=oci,dest=${dest()}2`];

  test('that no output can have is told once, and not beside an archive of an image', async () => {
    expect(await warned(outputs().slice(0, 2))).toEqual([
      'The tag "one:1", "two:2" names nothing: an output of the type local or tar has no place for a name.',
    ]);
    expect(await warned(outputs())).toEqual([]);
  });
});

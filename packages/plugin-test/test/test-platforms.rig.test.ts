import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineImage, EnginePort } from '@dock/core';
import { baseImage, engineKinds, runPlugin, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { specOf } from '../../engine/test/engine-fixture.js';
import { rigPort } from '../../engine/test/rig-port.js';
import { test as gate, type TestOptions } from '../src/index.js';

const kinds = engineKinds().filter(({ store }) => store === 'containerd');
const text = `FROM --platform=$BUILDPLATFORM busybox:1 AS build
ARG TARGETPLATFORM
RUN echo "I am for $TARGETPLATFORM" > /platform
FROM scratch
COPY --from=build / /
`;

// No machine of the rig runs arm64; the variants of amd64 are platforms of their own, and run.
describe.each(kinds)('a gate on Engine $version, $store store', ({ version, store }) => {
  let engine: SharedRigEngine;
  let port: EnginePort;
  let directory: string;
  const images = new Set<string>();

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'dock-gate-platforms-'));
    engine = await sharedEngine({ version, store });
    await baseImage(engine);
    port = await rigPort(engine);
  });
  afterAll(async () => {
    for (const id of images) await port.removeImage(id, { force: true });
    await port.close();
    rmSync(directory, { recursive: true });
  });

  async function built(...platforms: string[]): Promise<EngineImage> {
    const image = await port.build(specOf(directory, text, { platforms }));
    images.add(image.id);
    return image;
  }

  const check = async (image: EngineImage, options: TestOptions) =>
    runPlugin(gate({ network: 'host', ...options }), {
      hook: 'prepublish',
      value: image,
      engine: port,
      context: { runId: 'gate-platforms' },
      timeoutMs: 60_000,
    });

  test('runs on every platform that the engine runs, and tells of the others', async () => {
    const image = await built('linux/amd64', 'linux/amd64/v2', 'linux/arm64');
    const { error, reports, gates, warnings } = await check(image, { command: 'cat /platform' });
    expect(error).toBeUndefined();
    expect(reports.at(-1)).toMatchObject({
      platforms: [
        { platform: 'linux/amd64', exitCode: 0, output: 'I am for linux/amd64\n' },
        { platform: 'linux/amd64/v2', exitCode: 0, output: 'I am for linux/amd64/v2\n' },
      ],
    });
    expect(gates.filter(({ status }) => status !== 'not-run')).toEqual([
      { gate: 'test', platform: 'linux/amd64', status: 'passed' },
      { gate: 'test', platform: 'linux/amd64/v2', status: 'passed' },
    ]);
    expect(gates).toContainEqual({
      gate: 'test',
      platform: 'linux/arm64',
      status: 'not-run',
      why: expect.stringMatching(/^the engine runs linux\/amd64\b/),
    });
    expect(warnings).toEqual([
      expect.objectContaining({ message: expect.stringContaining('Gate "test" did not run on linux/arm64') }),
    ]);
  });

  test('says no for the platform that failed', async () => {
    const image = await built('linux/amd64', 'linux/amd64/v2');
    const { error, gates } = await check(image, { command: 'grep -q v2 /platform && exit 7; true' });
    expect(error).toMatchObject({ code: 'GATE_FAILED', message: expect.stringContaining('test on linux/amd64/v2') });
    expect(gates.map(({ platform, status }) => `${platform} ${status}`)).toEqual([
      'linux/amd64 passed',
      'linux/amd64/v2 failed',
    ]);
  });

  test.each([
    [
      'one that the engine cannot run, where all are wanted',
      ['linux/amd64', 'linux/arm64'],
      { platforms: 'all' } as const,
    ],
    ['none that the engine can run', ['linux/arm64', 'linux/s390x'], {}],
  ])('fails before it runs with %s', async (_, platforms, options) => {
    const { error, reports } = await check(await built(...platforms), { command: 'true', ...options });
    expect(error).toMatchObject({
      code: 'GATE_FAILED',
      message: expect.stringContaining('Gate "test" cannot run on linux/arm64'),
    });
    expect(reports).toEqual([]);
  });
});

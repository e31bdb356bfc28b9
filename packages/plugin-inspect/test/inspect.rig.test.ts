import type { BuildResult, EnginePort } from '@dock/core';
import { engineKinds, baseImage, runPlugin, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatInspection, inspect, type Inspection, type InspectOptions } from '../src/index.js';
import { rigPort, uniqueRepository } from '../../engine/test/rig-port.js';
import { runDockerfile } from '../../engine/test/run-dockerfile.js';

const engines = engineKinds();

describe.each(engines)('inspect on Engine $version, $store store', ({ version, store }) => {
  const base = `${uniqueRepository('inspect')}:1`;
  let engine: SharedRigEngine;
  let port: EnginePort;
  const used = new Set<string>();

  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    port = await rigPort(engine);
    const { id = '' } = await baseImage(engine, { name: base, env: ['TOKEN=very-secret-value'] });
    used.add(id);
  });

  afterAll(async () => {
    for (const id of [...used].reverse()) await port.removeImage(id, { force: true });
    await port.close();
  });

  async function run(
    dockerfile: string,
    options?: InspectOptions,
  ): Promise<{ result: BuildResult; inspection: Inspection }> {
    const result = await runDockerfile(dockerfile, [inspect(options)], () => rigPort(engine));
    expect(result.error).toBeUndefined();
    if (result.image?.id !== undefined) used.add(result.image.id);
    const value = result.plugins.find(({ plugin }) => plugin === 'inspect')?.value;
    return { result, inspection: value as unknown as Inspection };
  }

  test('reports the built image, its layers with their sizes, and its base', async () => {
    const { result, inspection } = await run(
      [
        `FROM ${base}`,
        'ENV MODE=fast',
        'RUN head -c 50000 /dev/zero > /data',
        'LABEL team=blue',
        'EXPOSE 8080',
        'RUN head -c 70000 /dev/zero > /more',
        'USER 1234',
        'WORKDIR /',
        'ENTRYPOINT ["/bin/busybox"]',
        'CMD ["true"]',
        '',
      ].join('\n'),
    );
    const { image, bases } = inspection;
    expect(image).toMatchObject({
      id: result.image?.id,
      configDigest: result.image?.configDigest,
      platform: 'linux/amd64',
      layerCount: 3,
      labels: { team: 'blue' },
      entrypoint: ['/bin/busybox'],
      command: ['true'],
      exposedPorts: ['8080/tcp'],
      user: '1234',
    });
    expect(image.env).toEqual(expect.arrayContaining(['PATH', 'TOKEN', 'MODE']));
    const made = image.layers.slice(-2);
    expect(made.map(({ createdBy }) => createdBy)).toEqual([
      expect.stringContaining('50000'),
      expect.stringContaining('70000'),
    ]);
    // The containerd store counts what a layer takes on its disk.
    expect(made[0]?.size).toBeGreaterThanOrEqual(50_000);
    expect(made[1]?.size).toBeGreaterThanOrEqual(70_000);
    expect(made[1]?.size).toBeLessThan(200_000);
    const details = await port.inspectImage(image.id);
    expect(image.layers.map(({ diffId }) => diffId)).toEqual(details?.layers);
    expect(bases).toMatchObject([{ text: base, use: 'from', isBelow: true, image: { layerCount: 1 } }]);
    expect(JSON.stringify(inspection)).not.toContain('very-secret-value');
    expect(formatInspection(inspection)).toContain(`image       ${image.id}\n`);
  });

  test('leaves the layers out with layers: false', async () => {
    const { inspection } = await run(`FROM ${base}\nLABEL plain=yes\n`, { layers: false });
    expect(inspection.image).toMatchObject({ layers: [], layerCount: 1 });
  });

  test('is IMAGE_NOT_FOUND for an image that is gone', async () => {
    const { reports, error } = await runPlugin(inspect(), { hook: 'postbuild', value: [], engine: port });
    expect(error).toMatchObject({ code: 'IMAGE_NOT_FOUND', plugin: 'inspect' });
    expect(reports).toEqual([]);
  });
});

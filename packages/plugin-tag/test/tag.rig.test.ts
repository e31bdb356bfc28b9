import { expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { baseImage, sharedEngine } from '@dock/testing';
import { tag } from '../src/index.js';
import { rigPort, uniqueRepository } from '../../engine/test/rig-port.js';
import { runDockerfile } from '../../engine/test/run-dockerfile.js';

test('the image has its names in the engine after the run, and they are in the result', async () => {
  const engine = await sharedEngine();
  const port = await rigPort(engine);
  const repository = uniqueRepository('tag');
  // Content of its own: an image that other tests share must not be removed under them.
  const base = await baseImage(engine, { name: `${repository}:base`, files: { '/mark': repository } });
  const host = 'registry.example.com';
  const plugin = tag({
    references: [`team/${repository}:{label.version}`, `team/${repository}:{run.id}`],
    floating: [`team/${repository}:latest`],
    registries: [host],
  });
  const result: BuildResult = await runDockerfile(`FROM ${repository}:base\nLABEL version=1.2\n`, [plugin], () =>
    rigPort(engine),
  );
  const names = ['1.2', result.runId, 'latest'].map((each) => `${host}/team/${repository}:${each}`);
  const details = await port.inspectImage(result.image?.id ?? '');
  await port.removeImage(result.image?.id ?? '', { force: true });
  await port.removeImage(base.id ?? '', { force: true });
  await port.close();
  expect(result).toMatchObject({ status: 'ok', publishedState: 'none' });
  expect(result.names.toSorted()).toEqual(names.toSorted());
  expect(details?.tags.toSorted()).toEqual(names.toSorted());
});

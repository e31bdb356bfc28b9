import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildImage } from '@dock/api';
import type { DockEvent, DockRunner } from '@dock/core';
import { here } from '@dock/core';
import { hostDocker } from '@dock/runner-host-docker';
import {
  baseImage,
  buildImage as rigBuildImage,
  listLeftovers,
  sharedEngine,
  type SharedRigEngine,
} from '@dock/testing';
import { createWorkplace, type Workplace } from './fixture.js';

let engine: SharedRigEngine;
let place: Workplace;
let image: string;

beforeAll(async () => {
  engine = await sharedEngine();
  image = (await rigBuildImage(engine)).reference;
  place = createWorkplace();
  const base = await baseImage(engine);
  place.write({ 'context/Dockerfile': `FROM ${base.reference}\nRUN echo hello > /hello\n` });
});
afterAll(() => place.remove());

test.each<[string, () => DockRunner]>([
  ['here', () => here()],
  ['host-docker', () => hostDocker({ buildImage: image, network: 'host' })],
])('builds a directory with the standard plugins by the runner %s', async (name, runner) => {
  const events: DockEvent[] = [];
  const result = await buildImage(
    { source: { kind: 'path', path: 'context' }, tags: ['first:1'], network: 'host' },
    { ...place.options(engine), runner: runner(), onEvent: (event) => events.push(event) },
  );
  expect(result).toMatchObject({
    status: 'ok',
    exitStatus: 0,
    runner: name,
    source: { contextDir: `${place.root}/context` },
  });
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.at(-1)).toMatchObject({ type: 'run.end', status: 'ok' });
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
});

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { buildImage, engineRequest, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { createProject, type Project } from '../run-dock.js';

// Loading a build image and starting a build container take long on a busy machine.
jest.setTimeout(600_000);

let engine: SharedRigEngine;
let project: Project;

beforeAll(async () => {
  engine = await sharedEngine();
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

test('the example builds without a network, and its image comes into the engine of the host', async () => {
  const example = fileURLToPath(new URL('../../../../examples/privileged', import.meta.url));
  for (const name of ['Dockerfile', 'dock.config.ts', 'hello.txt'])
    copyFileSync(join(example, name), join(project.directory, name));
  const { reference } = await buildImage(engine, { engine: true });
  const { status, stdout } = await project.run(['build', '--json', '--progress', 'rawjson'], {
    env: { DOCKER_HOST: engine.host, BUILD_IMAGE: reference },
  });
  const result = JSON.parse(stdout) as BuildResult;
  expect([status, result.error, result.warnings]).toEqual([0, undefined, []]);
  const loaded = await engineRequest(engine.socketPath, 'GET', `/images/${result.image?.configDigest ?? ''}/json`);
  expect(loaded.json()).toMatchObject({ RepoTags: expect.arrayContaining(['privileged-example:1']) });
});

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { baseImage, engineRequest, sharedEngine, type SharedRigEngine, sharedRegistry } from '@dock/testing';
import { createProject, type Project } from './run-dock.js';

const unique = `inside-build-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let host: string;
let base: string;
let project: Project;

beforeAll(async () => {
  engine = await sharedEngine();
  const registry = await sharedRegistry();
  ({ host } = registry);
  base = (await baseImage(registry, { name: `${unique}/base:1`, files: { '/base': unique } })).reference;
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

test.each(['path', 'env'] as const)(
  'builds what a build.json of the older dock asks for, from its %s, and publishes it',
  async (input) => {
    const image = `${unique}/${input}:1`;
    const document = JSON.stringify({
      image,
      target_registries: [host],
      prebuild_plugins: [],
      source: { provider: 'path', uri: pathToFileURL(join(project.directory, 'context')).href },
    });
    project.write({
      'context/Dockerfile': `FROM ${base}\nLABEL input=${input}\n`,
      // Of two inputs the named one counts.
      'build.json': input === 'path' ? document : '{}',
    });
    const { status, stdout } = await project.run(
      ['inside-build', '--input', input, '--input-file', join(project.directory, 'build.json'), '--json'],
      { env: { DOCKER_HOST: engine.host, BUILD_JSON: input === 'env' ? document : '{}' } },
    );
    const result = JSON.parse(stdout) as BuildResult;
    expect([status, result.error]).toEqual([0, undefined]);
    expect(result).toMatchObject({ runner: 'here', published: [{ name: `${host}/${image}`, isVerified: true }] });
    const built = await engineRequest(engine.socketPath, 'GET', `/images/${result.image?.id ?? ''}/json`);
    expect(built.json()).toMatchObject({ Config: { Labels: expect.objectContaining({ input }) } });
  },
);

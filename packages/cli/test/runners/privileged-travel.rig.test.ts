import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  buildImage,
  engineRequest,
  listLeftovers,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
} from '@dock/testing';
import { createProject, type Project } from '../run-dock.js';
import { withoutBridge } from './container-runners.js';
import { expectNoSecret, placesOf } from './hidden-secrets.js';
import { installPackedPlugin } from './packed-plugin.js';

// Loading a build image and starting a build container take long on a busy machine.
jest.setTimeout(600_000);

const unique = `privileged-travel-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let project: Project;

beforeAll(async () => {
  engine = await sharedEngine();
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

test('flags win over the config, a packed plugin runs inside, the image is loaded, and secrets are nowhere afterwards', async () => {
  const secrets = { build: 'build-s3cret~value/1', variable: 'v4riable+secret/2' };
  const registry = await sharedRegistry({ auth: 'basic' });
  const base = await baseImage(registry, { name: `${unique}/base:1`, files: { '/base': unique } });
  const { reference } = await buildImage(engine, { engine: true });
  const auth = registry.dockerConfig();
  const [, password = ''] = Buffer.from(auth.auths[registry.host]?.auth ?? '', 'base64')
    .toString()
    .split(':');
  expect(password.length).toBeGreaterThan(3);
  mkdirSync(join(project.home, '.docker'));
  writeFileSync(join(project.home, '.docker', 'config.json'), JSON.stringify(auth));
  await installPackedPlugin(project.directory);
  project.write({
    'context/Dockerfile': `FROM ${base.reference}\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size && echo ${unique} > /made-here\n`,
    'dock.config.ts': `
      import { defineConfig } from '@dock/core';
      import { pullBase } from '@dock/plugin-pull-base';
      import { privileged } from '@dock/runner-privileged';
      import { greet } from 'dock-plugin-greet';
      export default defineConfig({
        source: 'context', network: 'host',
        runner: privileged({
          buildImage: 'nobody/has-this:1', network: 'host', passEnv: ['TOKEN'], keep: true, engineArgs: ${JSON.stringify(withoutBridge)},
        }),
        plugins: [pullBase(), { name: 'p', apply(dock) { dock.hooks.prebuild.tap('p', async (spec, context) => {
          context.addSecret(process.env.TOKEN);
          context.logger.info(process.env.TOKEN);
          console.log(process.env.TOKEN);
          context.report(await greet('inside'));
        }); } }],
      });`,
  });
  const name = `${registry.host}/${unique}/private:1`;
  const run = await project.run(
    [
      ...['build', '--method', 'privileged', '--build-image', reference, '--load', '--push', '--tag', name],
      ...['--secret', 'id=token,env=BUILD_TOKEN', '--json', '--progress', 'rawjson'],
    ],
    { env: { DOCKER_HOST: engine.host, TOKEN: secrets.variable, BUILD_TOKEN: secrets.build } },
  );
  const result = JSON.parse(run.stdout) as BuildResult;
  expect([run.status, result.error]).toEqual([0, undefined]);
  expect(result).toMatchObject({ runner: 'privileged', published: [{ name, isVerified: true }] });
  expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'p', value: 'good day inside' }));

  const [container = ''] = (await listLeftovers(engine, result.runId)).containers;
  const ask = (method: string, path: string) => engineRequest(engine.socketPath, method, path);
  const places: Record<string, string> = {
    ...(await placesOf(run, result, engine, result.image?.configDigest ?? '')),
    'container, its labels and environment': (await ask('GET', `/containers/${container}/json`)).text,
  };
  // What a step wrote is seen, in the image that was loaded.
  expect(places['layers and configuration of the image']).toContain(`${unique}\n`);
  expectNoSecret(places, { ...secrets, registry: password });
  await ask('DELETE', `/containers/${container}?force=1&v=1`);
  await ask('DELETE', `/images/${encodeURIComponent(name)}?noprune=1`);
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
});

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

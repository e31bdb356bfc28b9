import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BuildResult, DockEvent } from '@dock/core';
import {
  baseImage,
  buildImage,
  engineRequest,
  listLeftovers,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  startEngine,
  startGitServer,
} from '@dock/testing';
import { createProject, outcomeOf, type Project } from '../run-dock.js';
import { expectNoSecret, placesOf } from './hidden-secrets.js';
import { installPackedPlugin } from './packed-plugin.js';

// Loading a build image and starting a build container take long on a busy machine.
jest.setTimeout(600_000);

const unique = `travel-${process.pid}-${Date.now().toString(36)}`;
const none = { containers: [], volumes: [], networks: [] };
let engine: SharedRigEngine;
let base: string;
let image: string;
let project: Project;

beforeAll(async () => {
  engine = await sharedEngine();
  base = (await baseImage(engine)).reference;
  image = (await buildImage(engine)).reference;
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

const eventsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DockEvent);
const rawjson = ['--json', '--progress', 'rawjson'];

/** A config of one plugin, whose code is the body of a prebuild tap. */
function configOf(body: string, options = '', imports = ''): string {
  return `
    import { defineConfig } from '@dock/core';
    import { hostDocker } from '@dock/runner-host-docker';
    ${imports}
    export default defineConfig({
      source: 'context', image: '${unique}:1', network: 'host',
      runner: hostDocker({ buildImage: '${image}', network: 'host', ${options} }),
      plugins: [{ name: 'p', apply(dock) { dock.hooks.prebuild.tap('p', async (spec, context) => { ${body} }); } }],
    });`;
}

test('a plugin from a packed tarball, with a dependency of its own, runs inside a build image that knows neither', async () => {
  await installPackedPlugin(project.directory);
  project.write({
    'context/Dockerfile': `FROM ${base}\n`,
    'dock.config.ts': configOf(
      "context.report(await greet('inside')); return { ...spec, labels: { greeting: await greet('inside') } };",
      '',
      "import { greet } from 'dock-plugin-greet';",
    ),
  });
  const { status, stdout } = await project.run(['build', ...rawjson], { env: { DOCKER_HOST: engine.host } });
  const result = JSON.parse(stdout) as BuildResult;
  expect([status, result.error]).toEqual([0, undefined]);
  expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'p', value: 'good day inside' }));
});

/** The configuration and the last layer of a pushed image: what the build container added. */
async function pushed(
  buildroot: BuildResult['buildroot'],
  { auths }: { readonly auths: Readonly<Record<string, { readonly auth: string }>> },
): Promise<Record<string, string>> {
  const [, host = '', repository = ''] = /^([^/]+)\/(.*):[^:]*$/.exec(buildroot?.name ?? '') ?? [];
  const get = async (path: string) => {
    const headers = {
      Authorization: `Basic ${auths[host]?.auth ?? ''}`,
      Accept: 'application/vnd.docker.distribution.manifest.v2+json',
    };
    const answer = await fetch(`http://${host}/v2/${repository}/${path}`, { headers });
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };
  const manifest = JSON.parse((await get(`manifests/${buildroot?.digest}`)).toString()) as {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  return {
    'buildroot configuration': (await get(`blobs/${manifest.config.digest}`)).toString(),
    'buildroot layer': gunzipSync(await get(`blobs/${manifest.layers.at(-1)?.digest}`)).toString('latin1'),
  };
}

describe('secrets', () => {
  test('of git, a registry, a build and a variable do their work, and are nowhere afterwards', async () => {
    const secrets = { git: 'g1t/pass+w0rd&x', build: 'build-s3cret~value/1', variable: 'v4riable+secret/2' };
    const registry = await sharedRegistry({ auth: 'basic' });
    const server = await startGitServer({ auth: { username: 'robot', password: secrets.git } });
    try {
      const repository = await server.createRepository(unique, {
        Dockerfile: `FROM ${base}\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size && echo ${unique} > /made-here\n`,
      });
      const name = `${registry.host}/${unique}/private:1`;
      const auth = registry.dockerConfig();
      const password =
        Buffer.from(Object.values(auth.auths)[0]?.auth ?? '', 'base64')
          .toString()
          .split(':')[1] ?? '';
      expect(password.length).toBeGreaterThan(3);
      mkdirSync(join(project.home, '.docker'));
      writeFileSync(join(project.home, '.docker', 'config.json'), JSON.stringify(auth));
      project.write({
        'dock.config.ts': configOf(
          'context.addSecret(process.env.TOKEN); context.logger.info(process.env.TOKEN); console.log(process.env.TOKEN);' +
            "const fs = await import('node:fs'); fs.writeFileSync(process.env.TMPDIR + '/note', process.env.TOKEN);",
          "passEnv: ['TOKEN'], keep: true",
        ),
      });
      const url = repository.url.replace('://', `://robot:${encodeURIComponent(secrets.git)}@`);
      const args = ['build', url, '-t', name, '--push', '--secret', 'id=token,env=BUILD_TOKEN', ...rawjson];
      const { status, stdout, stderr } = await project.run([...args, '--push-buildroot-to', registry.host], {
        env: { DOCKER_HOST: engine.host, TOKEN: secrets.variable, BUILD_TOKEN: secrets.build },
      });
      const result = JSON.parse(stdout) as BuildResult;
      expect([status, result.error]).toEqual([0, undefined]);
      expect(result.published).toMatchObject([{ name, isVerified: true }]);
      expect(result.buildroot?.name).toMatch(
        new RegExp(`^${registry.host}/buildroot-${unique}/private:\\d{4}(?:-\\d\\d){5}$`),
      );

      const [container = ''] = (await listLeftovers(engine, result.runId)).containers;
      const kept = await engineRequest(engine.socketPath, 'GET', `/containers/${container}/json`);
      // So that gc leaves it alone.
      expect(kept.json()).toMatchObject({ Config: { Labels: { 'io.dock.keep': '1' } } });
      const places: Record<string, string> = {
        ...(await placesOf({ stdout, stderr }, result, engine, result.image?.id ?? '')),
        'container, its labels and environment': kept.text,
        ...(await pushed(result.buildroot, auth)),
      };
      // What a step wrote is seen.
      expect(places['layers and configuration of the image']).toContain(`${unique}\n`);
      expectNoSecret(places, { ...secrets, registry: password });
      await engineRequest(engine.socketPath, 'DELETE', `/containers/${container}?force=1&v=1`);
      expect(await listLeftovers(engine, result.runId)).toEqual(none);
    } finally {
      await server.stop();
    }
  });
});

test('a build container in which a plugin hid a secret is not published', async () => {
  const secret = 'build-s3cret~value/2';
  const registry = await sharedRegistry();
  project.write({
    'context/Dockerfile': `FROM ${base}\n`,
    'dock.config.ts': configOf(
      "const fs = await import('node:fs'); fs.writeFileSync('/etc/note', btoa('note: ' + process.env.BUILD_TOKEN));",
      "passEnv: ['BUILD_TOKEN']",
    ),
  });
  const args = ['build', '--secret', 'id=token,env=BUILD_TOKEN', '--push-buildroot-to', registry.host, ...rawjson];
  const { status, stdout, stderr } = await project.run(args, {
    env: { DOCKER_HOST: engine.host, BUILD_TOKEN: secret },
  });
  const { error, buildroot, runId } = JSON.parse(stdout) as BuildResult;
  expect([status, error?.code, buildroot]).toEqual([1, 'BUILDROOT_HAS_SECRET', undefined]);
  expect(error?.message).toContain('"/etc/note"');
  expectNoSecret({ 'standard output': stdout, 'standard error': stderr }, { build: secret });
  expect((await fetch(`http://${registry.host}/v2/buildroot-${unique}/tags/list`)).status).toBe(404);
  expect(await listLeftovers(engine, runId)).toEqual(none);
});

describe('an end from outside', () => {
  /** Start a build that hangs in its plugin, and wait until it does. */
  async function startHanging(host: string) {
    project.write({
      'context/Dockerfile': `FROM ${base}\n`,
      'dock.config.ts': configOf(
        "context.logger.info('hanging'); await new Promise((_, no) => context.signal.addEventListener('abort', () => no(context.signal.reason)));",
      ),
    });
    const child = project.start(['build', ...rawjson], { env: { DOCKER_HOST: host } });
    const outcome = outcomeOf(child);
    let text = '';
    for await (const chunk of child.stderr ?? []) {
      text += String(chunk);
      if (text.includes('"hanging"')) break;
    }
    return { child, outcome, runId: (eventsOf(text.slice(0, text.indexOf('\n')))[0] as DockEvent).run };
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s cancels the run inside, which cleans up', async (signal, status) => {
    const { child, outcome, runId } = await startHanging(engine.host);
    child.kill(signal);
    const { stdout, status: exit } = await outcome;
    expect(exit).toBe(status);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED', phase: 'prebuild' } });
    expect(await listLeftovers(engine, runId)).toEqual(none);
  });

  test('by the death of the host ends the run inside, and leaves what carries its label', async () => {
    const { child, outcome, runId } = await startHanging(engine.host);
    child.kill('SIGKILL');
    await outcome;
    const [container = ''] = (await listLeftovers(engine, runId)).containers;
    const waited = await engineRequest(engine.socketPath, 'POST', `/containers/${container}/wait`);
    expect(waited.json()).toMatchObject({ StatusCode: 143 });
    await engineRequest(engine.socketPath, 'DELETE', `/containers/${container}?force=1&v=1`);
    expect(await listLeftovers(engine, runId)).toEqual(none);
  });

  test('by the death of the build container is told', async () => {
    const { outcome, runId } = await startHanging(engine.host);
    const [container = ''] = (await listLeftovers(engine, runId)).containers;
    await engineRequest(engine.socketPath, 'POST', `/containers/${container}/kill`);
    const { stdout, status } = await outcome;
    expect([status, (JSON.parse(stdout) as BuildResult).error?.code]).toEqual([3, 'BUILD_CONTAINER_KILLED']);
    expect(await listLeftovers(engine, runId)).toEqual(none);
  });

  test('by the death of the engine is told', async () => {
    const own = await startEngine();
    try {
      await baseImage(own);
      await buildImage(own);
      const { outcome } = await startHanging(own.host);
      await own.kill();
      const { stdout, status } = await outcome;
      const result = JSON.parse(stdout) as BuildResult;
      expect([status, result.error?.code]).toEqual([3, 'DAEMON_LOST']);
      await own.restart();
      const left = await listLeftovers(own, result.runId);
      expect(left.containers.length).toBe(1);
    } finally {
      await own.stop();
    }
  });
});

test('the example runs in a build container, with the plugin that lies beside its config', async () => {
  const example = fileURLToPath(new URL('../../../../examples/build-container', import.meta.url));
  for (const name of ['Dockerfile', 'dock.config.ts', 'say-where.ts'])
    copyFileSync(join(example, name), join(project.directory, name));
  const { status, stdout } = await project.run(['build', ...rawjson], {
    env: { DOCKER_HOST: engine.host, BUILD_IMAGE: image, EXAMPLE_BASE: base, MADE_BY: 'the test' },
  });
  const result = JSON.parse(stdout) as BuildResult;
  expect([status, result.error]).toEqual([0, undefined]);
  expect(result.runner).toBe('host-docker');
  expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'say-where', value: true }));
});

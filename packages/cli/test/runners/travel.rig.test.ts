import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
import { expectNoSecret } from './hidden-secrets.js';
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

describe.each([
  ['here', ['--method', 'here']],
  ['in a build container', []],
])('a fault of a plugin %s is told with the file and line of its source', (_where, flags) => {
  const build = async (body: string, more = '') => {
    project.write({
      'context/Dockerfile': `FROM ${base}\n`,
      'own.ts': `export async function own(): Promise<void> {\n  await null;\n  ${body}\n}\n${more}`,
      'dock.config.ts': configOf('await own();', '', "import { own } from './own.ts';"),
    });
    const { status, stdout } = await project.run(['build', ...flags, ...rawjson], {
      env: { DOCKER_HOST: engine.host },
    });
    return { status, error: (JSON.parse(stdout) as BuildResult).error };
  };
  const place = () => `${project.directory}/own.ts:3:`;

  test('that it threw', async () => {
    const { status, error } = await build("throw new TypeError('boom');");
    expect([status, error?.message]).toEqual([5, 'Plugin "p" failed in hook "prebuild": boom']);
    expect(error?.hint).toContain(`It was thrown at "${place()}`);
    expect(JSON.stringify(error?.details)).toContain(place());
  });

  test('that nothing caught', async () => {
    const { status, error } = await build(
      "void Promise.reject(new TypeError('lost')); await new Promise((resolve) => setTimeout(resolve, 3000));",
    );
    expect([status, error?.code]).toEqual([70, 'INTERNAL']);
    expect(error?.message).toContain(`Nothing caught this, thrown at "${place()}`);
    expect(error?.message).toMatch(/: lost$/);
    expect(error?.hint).toContain('Catch it there: await each promise.');
  });
});

test.each([
  ['here', ['--method', 'here']],
  ['in a build container, where its credentials travelled', []],
])('a plugin writes to a private registry %s', async (_where, flags) => {
  const registry = await sharedRegistry({ auth: 'token' });
  const repository = `${unique}/notes`;
  const content = Buffer.from(`a note of ${_where}`);
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  project.write({
    'context/Dockerfile': `FROM ${base}\n`,
    'docker/config.json': JSON.stringify(registry.dockerConfig()),
    'dock.config.ts': configOf(
      `const place = { registry: '${registry.host}', repository: '${repository}' };
       const content = Buffer.from('${content.toString('utf8')}');
       const isSent = await context.registry.putBlob(place, { digest: '${digest}', size: content.length, content });
       const read = await context.registry.blob(place, '${digest}', async (chunks) => {
         let text = '';
         for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
         return text;
       });
       context.report({ isSent, read: read ?? null });`,
      `credentials: ['${registry.host}']`,
    ),
  });
  const env = { DOCKER_HOST: engine.host, DOCKER_CONFIG: join(project.directory, 'docker') };
  const { status, stdout, stderr } = await project.run(['build', ...flags, ...rawjson], { env });
  const result = JSON.parse(stdout) as BuildResult;
  expect([status, result.error]).toEqual([0, undefined]);
  const value = { isSent: true, read: content.toString('utf8') };
  expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'p', value }));
  expectNoSecret({ 'standard output': stdout, 'standard error': stderr }, { password: registry.password });
});

test.each([
  ['a secret of the build', ['--secret', 'id=token,env=TOKEN'], ''],
  ['what it called a secret itself', [], 'context.addSecret(process.env.TOKEN);'],
])('a build container in which a plugin hid %s is not published', async (_what, flags, code) => {
  const secret = 'build-s3cret~value/2';
  const registry = await sharedRegistry();
  project.write({
    'context/Dockerfile': `FROM ${base}\n`,
    'dock.config.ts': configOf(
      `${code} const fs = await import('node:fs'); fs.writeFileSync('/etc/note', btoa('note: ' + process.env.TOKEN));`,
      "passEnv: ['TOKEN']",
    ),
  });
  const args = ['build', ...flags, '--push-buildroot-to', registry.host, ...rawjson];
  const { status, stdout, stderr } = await project.run(args, { env: { DOCKER_HOST: engine.host, TOKEN: secret } });
  const { error, buildroot, runId } = JSON.parse(stdout) as BuildResult;
  expect([status, error?.code, buildroot]).toEqual([1, 'BUILDROOT_HAS_SECRET', undefined]);
  expect(error?.message).toContain('"/etc/note"');
  expectNoSecret({ 'standard output': stdout, 'standard error': stderr }, { token: secret });
  expect((await fetch(`http://${registry.host}/v2/buildroot-${unique}/tags/list`)).status).toBe(404);
  expect(await listLeftovers(engine, runId)).toEqual(none);
});

test('a git token that is a build secret fetches the source inside, where no plugin sees it', async () => {
  const token = 'git-t0ken~value/3';
  const server = await startGitServer({ auth: { username: 'x-access-token', password: token } });
  try {
    const { url } = await server.createRepository('private', { Dockerfile: `FROM ${base}\n` });
    project.write({
      'dock.config.ts': configOf("context.report(Object.keys(process.env).some((name) => name.startsWith('DOCK_')));"),
    });
    const args = ['build', url, '--secret', 'id=GIT_AUTH_TOKEN,env=TOKEN', ...rawjson];
    const { status, stdout, stderr } = await project.run(args, { env: { DOCKER_HOST: engine.host, TOKEN: token } });
    const result = JSON.parse(stdout) as BuildResult;
    expect([status, result.error]).toEqual([0, undefined]);
    expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'p', value: false }));
    expectNoSecret({ 'standard output': stdout, 'standard error': stderr }, { token });
  } finally {
    await server.stop();
  }
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

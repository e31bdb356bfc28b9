import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
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
  const packages = mkdtempSync(join(tmpdir(), 'dock-packed-'));
  try {
    project.write({
      'context/Dockerfile': `FROM ${base}\n`,
      'dock.config.ts': configOf(
        "context.report(await greet('inside')); return { ...spec, labels: { greeting: await greet('inside') } };",
        '',
        "import { greet } from 'dock-plugin-greet';",
      ),
    });
    const pack = async (name: string, files: Record<string, string>, into: string) => {
      const directory = join(packages, name);
      mkdirSync(directory);
      for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
      await promisify(execFile)('npm', ['pack', directory, '--pack-destination', packages, '--ignore-scripts']);
      mkdirSync(into, { recursive: true });
      await promisify(execFile)('tar', [
        'xzf',
        join(packages, `${name}-1.0.0.tgz`),
        '--strip-components=1',
        '-C',
        into,
      ]);
    };
    const installed = join(project.directory, 'node_modules', 'dock-plugin-greet');
    await pack(
      'dock-plugin-greet',
      {
        'package.json': JSON.stringify({
          name: 'dock-plugin-greet',
          version: '1.0.0',
          type: 'module',
          exports: './index.js',
          dependencies: { 'greeting-words': '1.0.0' },
        }),
        'index.js':
          "export async function greet(name) { const { hello } = await import('greeting-words'); return hello + ' ' + name; }\n",
      },
      installed,
    );
    await pack(
      'greeting-words',
      {
        'package.json': JSON.stringify({ name: 'greeting-words', version: '1.0.0', main: 'index.cjs' }),
        'index.cjs': "exports.hello = require('./words.json').hello;\n",
        'words.json': '{"hello":"good day"}',
      },
      join(installed, 'node_modules', 'greeting-words'),
    );
    const { status, stdout } = await project.run(['build', ...rawjson], { env: { DOCKER_HOST: engine.host } });
    const result = JSON.parse(stdout) as BuildResult;
    expect([status, result.error]).toEqual([0, undefined]);
    expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'p', value: 'good day inside' }));
  } finally {
    rmSync(packages, { recursive: true, force: true });
  }
});

/** The forms in which a secret could hide. */
function formsOf(secret: string): string[] {
  const offsets = ['', '_', '__'].map((before) => {
    const text = Buffer.from(before + secret)
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(before.length === 0 ? 0 : before.length + 1, -2);
  });
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...offsets];
}

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
        Dockerfile: `FROM ${base}\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size\n`,
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
      const get = async (path: string) => (await engineRequest(engine.socketPath, 'GET', path)).text;
      const inspected = JSON.parse(await get(`/containers/${container}/json`)) as {
        readonly Config: { readonly Labels: Record<string, string> };
      };
      // So that gc leaves it alone.
      expect(inspected.Config.Labels['io.dock.keep']).toBe('1');
      const places: Record<string, string> = {
        'standard output': stdout,
        'standard error': stderr,
        log: readFileSync(result.logFile ?? '', 'utf8'),
        'result file': readFileSync(join(result.logFile ?? '', '..', 'result.json'), 'utf8'),
        'container, its labels and environment': await get(`/containers/${container}/json`),
        ...(await pushed(result.buildroot, auth)),
        image: await get(`/images/${result.image?.id}/json`),
        'history of the image': await get(`/images/${result.image?.id}/history`),
      };
      for (const [place, text] of Object.entries(places)) {
        expect(text.length).toBeGreaterThan(10);
        for (const [kind, secret] of Object.entries({ ...secrets, registry: password }))
          for (const form of formsOf(secret))
            expect([place, kind, form, text.includes(form)]).toEqual([place, kind, form, false]);
      }
      await engineRequest(engine.socketPath, 'DELETE', `/containers/${container}?force=1&v=1`);
      expect(await listLeftovers(engine, result.runId)).toEqual(none);
    } finally {
      await server.stop();
    }
  });
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

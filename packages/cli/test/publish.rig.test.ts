import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  engineKinds,
  baseImage,
  type RegistryAuth,
  type RigRegistry,
  type RigRepository,
  sharedEngine,
  sharedGitServer,
  type SharedRigEngine,
  sharedRegistry,
  type SharedRigRegistry,
  startRegistry,
} from '@dock/testing';
import { createProject, type Project } from './run-dock.js';
import { skopeo } from './skopeo.js';

const unique = `publish-${process.pid}-${Date.now().toString(36)}`;
const example = fileURLToPath(new URL('../../../examples/hello', import.meta.url));
let registry: SharedRigRegistry;
let evil: RigRegistry;
let project: Project;

beforeAll(async () => {
  [registry, evil] = await Promise.all([sharedRegistry(), startRegistry({ auth: 'basic' })]);
});
afterAll(() => evil.stop());
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

/** The files of the example, as its repository has them. */
function exampleFiles(): Record<string, string> {
  const names = readdirSync(example).filter((name) => statSync(join(example, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(example, name), 'utf8')]));
}

/** How the base gets into the build: by the standard plugin before it, or by a builder itself. */
const ways = ['pull-base', 'buildkit', 'classic'] as const;

/** A project whose Dockerfile is this text, published under a name, with the credentials of some registries. */
function writeProject(way: (typeof ways)[number], text: string, name: string, ...registries: SharedRigRegistry[]) {
  const [first, plugins] =
    way === 'pull-base'
      ? [`import { pullBase } from '@dock/plugin-pull-base';`, 'pullBase(), push()']
      : [`const builder = '${way}';`, 'push()'];
  const builder = way === 'pull-base' ? '' : 'builder, ';
  project.write({
    'context/Dockerfile': text,
    'dock.config.mjs': `${first}
      import { push } from '@dock/plugin-push';
      export default { source: 'context', image: '${name}', ${builder}plugins: [${plugins}] };`,
    'docker/config.json': JSON.stringify({
      auths: Object.assign({}, ...registries.map((each) => each.dockerConfig().auths)) as object,
    }),
  });
}

describe.each(engineKinds().map(({ version, store }) => [version, store] as const))(
  'publishing from Engine %s with the %s store',
  (version, store) => {
    let engine: SharedRigEngine;
    beforeAll(async () => {
      engine = await sharedEngine({ version, store });
    });

    async function build(args: readonly string[], options: Parameters<Project['run']>[1]) {
      const { status, stdout, stderr } = await project.run(
        ['build', ...args, '--json', '--progress', 'plain'],
        options,
      );
      return { status, stderr, result: JSON.parse(stdout) as BuildResult };
    }

    test('the example, by its own dock.config.ts, is in two repositories with the digests of the result', async () => {
      const base = await baseImage(registry, { name: `${unique}/${version}-${store}/busybox:1` });
      const repository: RigRepository = await (await sharedGitServer()).createRepository(
        `${unique}-${version}-${store}`,
        exampleFiles(),
      );
      const host = `${registry.host}/${unique}/${version}-${store}`;
      const { status, stderr, result } = await build([repository.url, '--network', 'host'], {
        cwd: example,
        env: { DOCKER_HOST: engine.host, HELLO_REGISTRY: host, HELLO_BASE: base.reference },
      });
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      expect(result).toMatchObject({ publishedState: 'complete', bases: [{ digest: base.digest }] });
      expect(result.source?.git?.commit).toBe(await repository.head());
      expect(result.published.map(({ name }) => name).sort()).toEqual(
        ['mirror/hello:1.0', 'team/hello:1.0', 'team/hello:latest'].map((name) => `${host}/${name}`),
      );
      for (const { name, digest, configDigest, isVerified } of result.published)
        expect([await skopeo(name), isVerified]).toEqual([{ digest, config: configDigest }, true]);
      expect(new Set(result.published.map(({ configDigest }) => configDigest))).toEqual(
        new Set([result.image?.configDigest]),
      );
    });

    test.each((['basic', 'token'] as const).flatMap((auth) => ways.map((way): [RegistryAuth, string] => [auth, way])))(
      'a private base and a private target behind %s auth work, the base by %s',
      async (auth, by) => {
        const way = by as (typeof ways)[number];
        const home = await sharedRegistry({ auth });
        const where = `${unique}/${version}-${store}-${way}`;
        const base = await baseImage(home, { name: `${where}/base:1`, files: { '/which': where } });
        const name = `${home.host}/${where}/image:1`;
        writeProject(way, `FROM ${base.reference}\nRUN test "$(cat /which)" = ${where}\n`, name, home);
        const { status, stderr, result } = await build(['--network', 'host'], {
          env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: join(project.directory, 'docker') },
        });
        expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
        const [published] = result.published;
        expect(published).toMatchObject({ name, isVerified: true });
        expect(await skopeo(name, home)).toEqual({ digest: published?.digest, config: published?.configDigest });
        expect(stderr + JSON.stringify(result)).not.toContain(home.password);
        await expect(skopeo(name)).rejects.toThrow(/unauthorized|authentication required/);
      },
    );

    test.each(ways)('a base on another host never sees the credentials of the target, the base by %s', async (way) => {
      const home = await sharedRegistry({ auth: 'basic' });
      const name = `${home.host}/${unique}/${version}-${store}-${way}/evil:1`;
      writeProject(way, `FROM ${evil.host}/x:1\nRUN true\n`, name, home);
      const before = evil.requests().length;
      const { status, result } = await build(['--network', 'host'], {
        env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: join(project.directory, 'docker') },
      });
      expect(status).not.toBe(0);
      expect(result.publishedState).toBe('none');
      expect(result.error?.message).toContain(evil.host);
      const asked = evil.requests().slice(before);
      expect(asked.length).toBeGreaterThan(0);
      expect(asked.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
      await expect(skopeo(name, home)).rejects.toThrow(/unknown/);
    });
  },
);

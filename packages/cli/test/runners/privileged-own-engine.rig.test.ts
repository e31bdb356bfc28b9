import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { GcReport } from '@dock/api';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  buildImage,
  engineRequest,
  listLeftovers,
  type RigEngine,
  sharedRegistry,
  type SharedRigRegistry,
  startEngine,
} from '@dock/testing';
import { createProject, outcomeOf, type Project } from '../run-dock.js';
import { withoutBridge } from './container-runners.js';
import { startHeldLoad } from './held-load.js';
import { startTunnel, type Tunnel } from './tunnel.js';

// Loading a build image and starting a build container take long on a busy machine.
jest.setTimeout(600_000);

const unique = `privileged-own-${process.pid}-${Date.now().toString(36)}`;
/** A name of the registry that nobody lists, and one that the host's engine lists as insecure. */
const names = { unlisted: 'unlisted.rig.test', listed: 'listed.rig.test' };
// Its registries are of its own, and dock gc looks at a whole engine.
let engine: RigEngine;
let mirror: SharedRigRegistry;
let registry: SharedRigRegistry;
let tunnel: Tunnel;
let image: string;
let project: Project;

beforeAll(async () => {
  [mirror, registry] = await Promise.all([sharedRegistry(), sharedRegistry({ tls: true })]);
  await baseImage(mirror, { name: `${unique}/mirrored:1`, files: { '/base': unique } });
  tunnel = await startTunnel(registry.host);
  engine = await startEngine({
    extraArgs: [`--registry-mirror=${mirror.url}`, `--insecure-registry=${names.listed}`],
  });
  image = (await buildImage(engine, { engine: true })).reference;
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());
afterAll(async () => {
  await tunnel.stop();
  await engine.stop();
});

/** A build from this base in a build container. */
function writeProject(base: string, options: string): void {
  project.write({
    'context/Dockerfile': `FROM ${base}\nLABEL made=${unique}\n`,
    'dock.config.ts': `
      import { defineConfig } from '@dock/core';
      import { pullBase } from '@dock/plugin-pull-base';
      import { privileged } from '@dock/runner-privileged';
      export default defineConfig({
        source: 'context', network: 'host', plugins: [pullBase()],
        runner: privileged({
          buildImage: '${image}', network: 'host', passEnv: ['HTTPS_PROXY'], engineArgs: ${JSON.stringify(withoutBridge)}, ${options}
        }),
      });`,
  });
}

/** Build from a base and publish. */
async function publish(base: string, host: string, options = '') {
  writeProject(base, options);
  const { stdout } = await project.run(
    ['build', '--tag', `${host}/${unique}/app:1`, '--push', '--json', '--progress', 'rawjson'],
    { env: { DOCKER_HOST: engine.host, HTTPS_PROXY: tunnel.url } },
  );
  const result = JSON.parse(stdout) as BuildResult;
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
  return result;
}

test('the engine inside trusts a registry by the certificates of "ca", and only by them', async () => {
  await baseImage(registry, { name: `${unique}/base:1`, files: { '/base': unique } });
  const base = `${names.unlisted}/${unique}/base:1`;
  const trusting = await publish(base, names.unlisted, `ca: ${JSON.stringify(registry.caFile)},`);
  expect(trusting.error).toBeUndefined();
  expect(trusting.published).toMatchObject([{ name: `${names.unlisted}/${unique}/app:1`, isVerified: true }]);
  expect(trusting.bases).toMatchObject([{ digest: expect.stringMatching(/^sha256:/) }]);
  const { error } = await publish(base, names.unlisted);
  expect(error?.message).toMatch(/certificate signed by unknown authority/);
});

test('the engine inside has the mirror and the insecure registry of the engine of the host', async () => {
  const result = await publish(`${unique}/mirrored:1`, names.listed);
  expect(result.error).toBeUndefined();
  expect(result.published).toMatchObject([{ name: `${names.listed}/${unique}/app:1`, isVerified: true }]);
  const asked = mirror.requests().filter(({ path }) => path.startsWith(`/v2/${unique}/mirrored/blobs/`));
  expect(asked.map(({ userAgent }) => userAgent)).toContainEqual(expect.stringMatching(/^docker\//));
});

test.each([
  ['in the middle of', 'middle'],
  ['at the end of', 'end'],
] as const)(
  'a run that is killed %s its load names the image, and gc leaves to the user what is there',
  async (_when, where) => {
    const name = `${unique}/killed-${where}:1`;
    const imagesOf = async () =>
      (await engineRequest(engine.socketPath, 'GET', '/images/json?all=1')).json() as readonly {
        readonly Id: string;
      }[];
    const before = (await imagesOf()).map(({ Id: id }) => id);
    const load = await startHeldLoad(engine.socketPath, where);
    try {
      writeProject(`${unique}/mirrored:1`, 'load: true,');
      const env = { DOCKER_HOST: load.host };
      const child = project.start(
        ['build', '--tag', name, '--label', `killed=${where}`, '--json', '--progress', 'rawjson'],
        { env },
      );
      const outcome = outcomeOf(child);
      const early = outcome.then(({ stdout }) =>
        Promise.reject(new Error(`it ended before its load was held: ${stdout}`)),
      );
      await Promise.race([load.isHeld, early]);
      early.catch(() => undefined);
      child.kill('SIGKILL');
      await outcome;

      const { stdout } = await project.run(['gc', '--json'], { env });
      const report = JSON.parse(stdout) as GcReport;
      expect([report.status, report.error]).toEqual(['ok', undefined]);
      const [{ resultFile, run }] = report.recovered as [GcReport['recovered'][number]];
      const result = JSON.parse(readFileSync(resultFile, 'utf8')) as BuildResult;
      const id = result.image?.configDigest ?? '';
      expect(result).toMatchObject({
        error: { code: 'RUN_DIED' },
        image: { configDigest: expect.stringMatching(/^sha256:/) },
      });
      expect(result.warnings.map(({ message }) => message)).toContainEqual(
        expect.stringMatching(`"${id}".*"[^"]*${name}"`),
      );
      const isThere = where === 'end';
      expect(report.kept.map((item) => [item.kind, item.id, item.run])).toEqual(isThere ? [['image', id, run]] : []);
      const now = (await imagesOf()).map(({ Id: each }) => each);
      expect(new Set(now)).toEqual(new Set([...before, ...(isThere ? [id] : [])]));
      expect(await listLeftovers(engine, run)).toEqual({ containers: [], volumes: [], networks: [] });
    } finally {
      await load.stop();
    }
  },
);

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  buildImage,
  engineRequest,
  listLeftovers,
  type RigRepository,
  rigTool,
  sharedEngine,
  sharedGitServer,
  type SharedRigEngine,
  sharedRegistry,
  type SharedRigRegistry,
} from '@dock/testing';
import { skopeo } from '../skopeo.js';
import { packageManagers } from './package-managers.js';
import { type PackageRegistry, startPackageRegistry } from './package-registry.js';
import { packPackages, repository } from './pack-packages.js';
import { packStampPlugin, writePackedProject } from './packed-project.js';
import { runProgram } from './run-program.js';

const unique = `packed-${process.pid}-${Date.now().toString(36)}`;
const root = mkdtempSync(join(tmpdir(), 'dock-installed-'));
const home = join(root, 'home');
const directoryOf = (manager: { readonly name: string }) => join(root, manager.name.replaceAll(' ', '-'));
let engine: SharedRigEngine;
let registry: SharedRigRegistry;
let packed: Awaited<ReturnType<typeof packPackages>>;
let npmRegistry: PackageRegistry;
let git: RigRepository;
let name: string;

beforeAll(async () => {
  [engine, registry, packed] = await Promise.all([sharedEngine(), sharedRegistry(), packPackages()]);
  mkdirSync(home);
  npmRegistry = await startPackageRegistry(packed.packages);
  const [server, base, plugin] = await Promise.all([
    sharedGitServer(),
    baseImage(registry, { name: `${unique}/base:1`, files: { '/base': unique } }),
    packStampPlugin(packed.directory),
  ]);
  name = `${registry.host}/${unique}/app`;
  git = await server.createRepository(unique, {
    Dockerfile: `FROM ${base.reference}\nRUN echo built > /etc/built\nCMD ["cat", "/etc/built"]\n`,
  });
  await Promise.all(
    packageManagers.map(async (manager) => {
      const directory = directoryOf(manager);
      writePackedProject(directory, { packages: packed.packages, plugin, base: base.reference, name });
      await manager.install(directory, npmRegistry.url);
    }),
  );
}, 300_000);
afterAll(async () => {
  await npmRegistry.stop();
  for (const directory of [root, packed.directory]) rmSync(directory, { recursive: true, force: true });
  for (const { name: manager } of packageManagers) {
    const image = `${unique}-build:${manager.split(' ')[0] ?? ''}`;
    await engineRequest(engine.socketPath, 'DELETE', `/images/${image}?force=1`);
  }
});

/** What a build came to, and what the registry has of it. */
async function expectPublished(run: { stdout: string; stderr: string }, tag: string): Promise<BuildResult> {
  const result = JSON.parse(run.stdout) as BuildResult;
  expect([result.error, result.exitStatus]).toEqual([undefined, 0]);
  const seen = await skopeo(`${name}:${tag}`);
  expect(result.published).toMatchObject([{ name: `${name}:${tag}`, digest: seen.digest, isVerified: true }]);
  expect(result.image?.configDigest).toBe(seen.config);
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
  return result;
}

describe.each(packageManagers)('installed by $name', (manager) => {
  const tag = manager.name.split(' ')[0] ?? '';
  const directory = directoryOf(manager);
  const [program, ...words] = manager.dock(directory);
  const dock = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runProgram(program, [...words, ...args], {
      cwd: directory,
      env: { HOME: home, DOCKER_HOST: engine.host, ...env },
    });
  const inProject = ['--json', '--progress', 'none'];

  test('a directory is built, stamped by a packed plugin, tested and published', async () => {
    const run = await dock(['build', 'app', ...inProject], { PACKED_TAG: `${tag}-path` });
    const result = await expectPublished(run, `${tag}-path`);
    const image = await engineRequest(engine.socketPath, 'GET', `/images/${result.image?.id ?? ''}/json`);
    expect(image.json()).toMatchObject({ Config: { Labels: { stamp: 'packed' } } });
  });

  test('so is a git repository', async () => {
    const env = { PACKED_TAG: `${tag}-git` };
    const result = await expectPublished(
      await dock(['build', git.url, '--git-scheme', 'http', ...inProject], env),
      `${tag}-git`,
    );
    expect(result.source?.git?.commit).toBe(await git.head());
  });

  test('the dock of a build image that it makes builds and publishes, and the config builds in such an image', async () => {
    const image = `${unique}-build:${tag}`;
    const { reference } = await buildImage(engine);
    const made = await dock(['create-build-image', '--base', reference, '--tag', image, '--network', 'none', '--json']);
    expect((JSON.parse(made.stdout) as BuildResult).error).toBeUndefined();
    const inside = [
      'dock',
      'build',
      git.url,
      '--git-scheme',
      'http',
      '--network',
      'host',
      '--tag',
      `${name}:${tag}-inside`,
      '--push',
      ...inProject,
    ];
    const socket = `${engine.socketPath}:/run/engine.sock`;
    const container = [
      'run',
      '--rm',
      '--network',
      'host',
      '-v',
      socket,
      '-e',
      'DOCKER_HOST=unix:///run/engine.sock',
      image,
    ];
    const run = await runProgram(rigTool('docker'), ['-H', engine.host, ...container, ...inside], { cwd: directory });
    await expectPublished(run, `${tag}-inside`);
    const travelled = await dock(['build', 'app', ...inProject], {
      BUILD_IMAGE: image,
      PACKED_TAG: `${tag}-travelled`,
    });
    expect(await expectPublished(travelled, `${tag}-travelled`)).toMatchObject({ runner: 'host-docker' });
  });
});

// The compiler of today reads no PnP.
describe.each(packageManagers.slice(0, 2))(
  'types of what $name installed need nothing that is not declared',
  (manager) => {
    test.each(['.', 'program'])('in %s', async (place) => {
      const tsc = join(repository, 'node_modules', '.bin', 'tsc');
      const { status, stdout } = await runProgram(tsc, ['-p', join(directoryOf(manager), place)], {
        cwd: directoryOf(manager),
      });
      expect([status, stdout]).toEqual([0, '']);
    });
  },
);

test('what users install is small, runs no script, and has nothing of ssh, gRPC or protobuf', () => {
  const lock = JSON.parse(readFileSync(join(directoryOf({ name: 'npm' }), 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
  };
  const notForRuns = ['@dock/testing', '@types/node', 'dock-plugin-stamp', 'undici-types'];
  const installed = Object.entries(lock.packages)
    .map(([path, entry]) => ({ path, entry, name: path.replace(/^.*node_modules\//, '') }))
    .filter(
      ({ path, name: each }) =>
        path !== '' && existsSync(join(directoryOf({ name: 'npm' }), path)) && !notForRuns.includes(each),
    );
  expect(installed.filter(({ entry }) => entry.hasInstallScript === true)).toEqual([]);
  expect(installed.filter(({ name: each }) => /ssh2|cpu-features|protobuf|grpc/.test(each))).toEqual([]);
  const bytes = installed.reduce((sum, { path }) => sum + sizeOf(join(directoryOf({ name: 'npm' }), path)), 0);
  const said = /\*\*(\d+) packages, (\d+) MB\*\*/.exec(readFileSync(join(repository, 'README.md'), 'utf8'));
  expect(installed.map(({ name: each }) => each)).toHaveLength(Number(said?.[1]));
  expect(Math.abs(bytes / 1e6 - Number(said?.[2]))).toBeLessThan(2);
});

/** Bytes of the files of a package, without the packages that lie in it. */
function sizeOf(directory: string): number {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .map((entry) => join(directory, entry.name))
    .reduce((sum, path) => sum + (statSync(path).isDirectory() ? sizeOf(path) : statSync(path).size), 0);
}

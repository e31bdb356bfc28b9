import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { buildImageInPrivilegedContainer, buildImageUsingHostsDocker, throwIfFailed } from '@dock/api';
import {
  baseImage,
  buildImage,
  engineRequest,
  listLeftovers,
  sharedEngine,
  sharedGitServer,
  type SharedRigEngine,
  sharedRegistry,
} from '@dock/testing';

// Loading a build image and starting a build container take long on a busy machine.
jest.setTimeout(600_000);

const unique = `container-calls-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let host: string;
let root: string;
let call: Parameters<typeof buildImageUsingHostsDocker>[0];

beforeAll(async () => {
  engine = await sharedEngine();
  const registry = await sharedRegistry();
  ({ host } = registry);
  const base = await baseImage(registry, { name: `${unique}/base:1`, files: { '/base': unique } });
  const repository = await (await sharedGitServer()).createRepository(unique, {
    'service/Dockerfile': `FROM ${base.reference}\nLABEL made.by=${unique}\n`,
    'several/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n',
  });
  call = {
    buildImage: '',
    gitUrl: repository.url,
    allowedSchemes: ['http'],
    gitDockerfilePath: 'service',
    image: `${unique}:1`,
    targetRegistries: [host],
    network: 'host',
    configFile: 'plugins.config.mjs',
    container: { network: 'host' },
    passEnv: ['WORD'],
  };
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dock-container-calls-'));
  writeFileSync(
    join(root, 'plugins.config.mjs'),
    `export default { plugins: [{ name: 'p', apply({ hooks }) { hooks.prebuild.tap('p', (spec, context) => {
      context.report(process.env.WORD);
      return { ...spec, labels: { ...spec.labels, word: process.env.WORD } };
    }); } }] };`,
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const surroundings = () => ({
  env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: engine.host, TMPDIR: root, WORD: 'travelled' },
  cwd: root,
});

const labelsOf = async (image: string) =>
  (await engineRequest(engine.socketPath, 'GET', `/images/${encodeURIComponent(image)}/json`)).json();
const hasBoth = { Config: { Labels: expect.objectContaining({ word: 'travelled', 'made.by': unique }) } };

test('buildImageUsingHostsDocker builds a subdirectory of a repository with the plugins of a config file, and publishes it', async () => {
  const { reference } = await buildImage(engine);
  const result = throwIfFailed(await buildImageUsingHostsDocker({ ...call, ...surroundings(), buildImage: reference }));
  expect(result).toMatchObject({
    runner: 'host-docker',
    published: [{ name: `${host}/${unique}:1`, isVerified: true }],
  });
  expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'p', value: 'travelled' }));
  expect(await labelsOf(result.image?.id ?? '')).toMatchObject(hasBoth);
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
});

test('buildImageInPrivilegedContainer does the same, and loads the image', async () => {
  const { reference } = await buildImage(engine, { engine: true });
  const result = throwIfFailed(
    await buildImageInPrivilegedContainer({
      ...call,
      ...surroundings(),
      buildImage: reference,
      load: true,
      // The container has the network of the machine: there is no bridge to make.
      engineArgs: ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    }),
  );
  expect(result).toMatchObject({
    runner: 'privileged',
    published: [{ name: `${host}/${unique}:1`, isVerified: true }],
  });
  expect(result.plugins).toContainEqual(expect.objectContaining({ plugin: 'p', value: 'travelled' }));
  expect(await labelsOf(result.image?.configDigest ?? '')).toMatchObject(hasBoth);
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
});

describe('several platforms in a privileged container', () => {
  const several = async (engineOfImage: true | '20.10') => {
    const { reference } = await buildImage(engine, { engine: engineOfImage });
    return buildImageInPrivilegedContainer({
      ...call,
      ...surroundings(),
      ...{ buildImage: reference, gitDockerfilePath: 'several', image: `${unique}-several:1` },
      platforms: ['linux/amd64', 'linux/arm64'],
      annotations: ['index:title=several'],
      engineArgs: ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
    });
  };

  test('are built by its own engine with the containerd store, and published as one index', async () => {
    const { image, published } = throwIfFailed(await several(true));
    expect(image?.platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    expect(published).toMatchObject([
      { name: `${host}/${unique}-several:1`, digest: image?.manifestDigest, isVerified: true },
    ]);
    const accept = 'application/vnd.oci.image.index.v1+json';
    const index = await fetch(`http://${host}/v2/${unique}-several/manifests/1`, { headers: { accept } });
    expect(await index.json()).toMatchObject({
      manifests: image?.platforms.map(({ manifestDigest: digest }) => ({ digest })),
      annotations: { title: 'several' },
    });
  });

  test('are refused with what they need, where the build image has an older engine', async () => {
    expect((await several('20.10')).error).toMatchObject({
      code: 'OPTION_UNSUPPORTED',
      exitStatus: 2,
      message: expect.stringContaining('release 20'),
      hint: expect.stringContaining('Put Engine 24 or later into the build image'),
    });
  });
});

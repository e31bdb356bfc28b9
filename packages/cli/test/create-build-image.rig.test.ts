import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { baseImage, buildImage, engineRequest, listLeftovers, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { createProject, type Project } from './run-dock.js';

const name = `build-image-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let project: Project;
beforeAll(async () => {
  engine = await sharedEngine();
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());
afterAll(async () => {
  for (const tag of ['1', '2', 'dir', 'lack']) await ask(engine, 'DELETE', `/images/${name}:${tag}?force=1`);
});

const ask = (target: SharedRigEngine, method: string, path: string, body?: unknown) =>
  engineRequest(target.socketPath, method, path, body);

/** Run the command, without a network for what it installs. */
async function create(target: SharedRigEngine, ...words: string[]) {
  const run = await project.run([
    'create-build-image',
    ...words,
    '--network',
    'none',
    '--json',
    '--progress',
    'none',
    '-H',
    target.host,
  ]);
  return { ...run, result: JSON.parse(run.stdout) as BuildResult };
}

async function layersOf(target: SharedRigEngine, tag: string): Promise<readonly string[]> {
  const image = (await ask(target, 'GET', `/images/${name}:${tag}/json`)).json() as { RootFS: { Layers: string[] } };
  return image.RootFS.Layers;
}

describe.each([
  { version: '20.10', isSameId: false },
  { version: '26', isSameId: true },
] as const)('on Engine $version', ({ version, isSameId }) => {
  test('a base that has everything gets dock alone, and the same layers each time', async () => {
    const target = await sharedEngine({ version });
    const { reference } = await buildImage(target, { engine: true });
    const words = ['--base', reference, '--engine', '--no-cache'];
    const first = await create(target, '--tag', `${name}:1`, ...words);
    expect(first.result.error).toBeUndefined();
    expect(first.status).toBe(0);
    const second = await create(target, '--tag', `${name}:2`, ...words);
    const layers = await layersOf(target, '1');
    expect(await layersOf(target, '2')).toEqual(layers);
    expect(second.result.image?.id === first.result.image?.id).toBe(isSameId);
    const base = (await ask(target, 'GET', `/images/${reference}/json`)).json() as { RootFS: { Layers: string[] } };
    expect(layers.slice(0, -1)).toEqual(base.RootFS.Layers);
    expect(await listLeftovers(target, first.result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
    for (const tag of ['1', '2']) await ask(target, 'DELETE', `/images/${name}:${tag}?force=1`);
  });
});

const installer = `#!/bin/sh
echo "apt-get $*"
case "$1" in install) printf '#!/bin/sh\n' > /usr/bin/git; chmod +x /usr/bin/git;; esac
`;

test('installs what is missing, and nothing else', async () => {
  const base = await buildImage(engine, { git: false, files: { '/usr/bin/apt-get': installer } });
  const { status, result } = await create(engine, '--base', base.reference, '--tag', `${name}:lack`);
  expect(result.error).toBeUndefined();
  expect(status).toBe(0);
  const history = (await ask(engine, 'GET', `/images/${name}:lack/history`)).json() as { CreatedBy: string }[];
  const install = history.map(({ CreatedBy }) => CreatedBy).find((text) => text.includes('apt-get')) ?? '';
  expect(install).toContain('apt-get update && ');
  expect(install).toContain('install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*');
});

test("a Dockerfile of one's own makes the base, and leaves no name behind", async () => {
  const { reference } = await buildImage(engine, {});
  project.write({ 'image/Dockerfile': `FROM ${reference}\nRUN echo own > /etc/own\n` });
  const { status, result } = await create(engine, 'image', '--tag', `${name}:dir`);
  expect(result.error).toBeUndefined();
  expect(status).toBe(0);
  expect(await layersOf(engine, 'dir')).toHaveLength(5);
  const images = (await ask(engine, 'GET', '/images/json')).text;
  expect(images).not.toContain('dock-build-image-base');
});

describe('is refused', () => {
  test.each([
    ['without a name', ['--base', 'busybox:1'], 'USAGE', /no name/],
    ['with two bases', ['.', '--base', 'busybox:1', '--tag', 'x'], 'USAGE', /exclude each other/],
    ['with a directory that is not there', ['nowhere', '--tag', 'x'], 'SOURCE_NOT_FOUND', /nowhere/],
    ['with a directory without a Dockerfile', ['.', '--tag', 'x'], 'DOCKERFILE_NOT_FOUND', /no Dockerfile/],
    ['with a base that cannot be a name', ['--base', 'A:B:C', '--tag', 'x'], 'INVALID_IMAGE_NAME', /A:B:C/],
  ])('%s', async (_case, words, code, message) => {
    const { status, result } = await create(engine, ...words);
    expect(result.error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(status).toBe(2);
  });

  test('a base that lacks something and has no package manager', async () => {
    const { reference } = await baseImage(engine, { name: `${name}-bare:1` });
    const { status, result } = await create(engine, '--base', reference, '--tag', `${name}:bare`);
    await ask(engine, 'DELETE', `/images/${reference}?force=1`);
    expect(status).toBe(2);
    expect(result.error).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('lacks node, git, certificates'),
    });
  });

  test('packages that bring a Node that is too old', async () => {
    const files = { '/usr/local/bin/node': '#!/bin/sh\necho v16.0.0\n', '/usr/bin/apt-get': '#!/bin/sh\n' };
    const { reference } = await buildImage(engine, { node: false, files });
    const { status, result } = await create(engine, '--base', reference, '--tag', `${name}:old`);
    expect(status).toBe(1);
    expect(result.error).toMatchObject({
      code: 'GATE_FAILED',
      message: 'The build image still lacks node. Its Node is v16.0.0.',
    });
  });
});

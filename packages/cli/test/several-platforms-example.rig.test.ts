import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { baseImage, sharedEngine, sharedRegistry } from '@dock/testing';
import { createProject, type Project } from './run-dock.js';

const unique = `platforms-${process.pid}-${Date.now().toString(36)}`;
let project: Project;
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

interface Index {
  readonly manifests: readonly { readonly platform: { readonly os: string; readonly architecture: string } }[];
}

test('the example publishes an index with provenance, and its cache serves the next build', async () => {
  const example = fileURLToPath(new URL('../../../examples/several-platforms', import.meta.url));
  cpSync(example, project.directory, { recursive: true, filter: (path) => !path.includes('node_modules') });
  const [engine, registry] = await Promise.all([
    sharedEngine({ version: '26', store: 'containerd' }),
    sharedRegistry(),
  ]);
  const base = await baseImage(registry, { name: `${unique}/busybox:1` });
  const env = {
    DOCKER_HOST: engine.host,
    EXAMPLE_REGISTRY: `${registry.host}/${unique}`,
    EXAMPLE_BASE: base.reference,
  };
  const build = async () => {
    const { status, stdout, stderr } = await project.run(['build', '--json', '--progress', 'plain'], { env });
    const result = JSON.parse(stdout) as BuildResult;
    expect([status, result.error]).toEqual([0, undefined]);
    return { result, stderr };
  };
  const { result } = await build();
  expect(result.image?.platforms?.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
  expect(result.published).toMatchObject([{ name: `${env.EXAMPLE_REGISTRY}/team/platforms:1`, isVerified: true }]);
  const repository = `${registry.url}/v2/${unique}/team/platforms`;
  const accept = { headers: { accept: 'application/vnd.oci.image.index.v1+json' } };
  const index = (await (await fetch(`${repository}/manifests/1`, accept)).json()) as Index;
  expect(index.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`)).toEqual([
    'linux/amd64',
    'linux/arm64',
    'unknown/unknown',
    'unknown/unknown',
  ]);
  const again = await build();
  expect(again.stderr).toContain(`importing cache manifest from ${env.EXAMPLE_REGISTRY}/team/platforms:cache`);
  expect(again.result.warnings).toEqual([]);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildImage, type BuildOptions } from '@dock/api';
import type { BuildRequest, BuildResult } from '@dock/core';
import {
  baseImage,
  type RemoteBuilder,
  type RigImage,
  sharedEngine,
  type SharedRigRegistry,
  sharedRegistry,
  startRemoteBuilder,
} from '@dock/testing';

const unique = `remote-${process.pid}-${Date.now().toString(36)}`;
let registry: SharedRigRegistry;
let builder: RemoteBuilder;
let base: RigImage;
let root: string;

beforeAll(async () => {
  const engine = await sharedEngine({ version: '26', store: 'containerd' });
  registry = await sharedRegistry();
  base = await baseImage(registry, { name: `${unique}/base:1` });
  builder = await startRemoteBuilder(engine);
});
afterAll(async () => builder.stop());

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dock-remote-'));
  mkdirSync(join(root, 'source'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A run without an engine. */
async function build(
  dockerfile: string,
  request: Omit<BuildRequest, 'source'>,
  options: BuildOptions = {},
): Promise<BuildResult> {
  writeFileSync(join(root, 'source', 'Dockerfile'), dockerfile);
  writeFileSync(join(root, 'source', 'file'), unique);
  return buildImage(
    { source: { kind: 'path', path: 'source' }, builder: builder.url, ...request },
    {
      env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: 'unix:///none/engine.sock', TMPDIR: root },
      cwd: root,
      ...options,
    },
  );
}

interface Manifest {
  readonly config?: { readonly digest: string };
  readonly manifests?: readonly { readonly digest: string; readonly platform: { readonly architecture: string } }[];
}

/** A document of the registry, as it serves it. */
async function served(path: string): Promise<{ readonly digest: string; readonly body: Manifest }> {
  const accept = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`);
  const docker = ['manifest.list', 'manifest'].map((kind) => `application/vnd.docker.distribution.${kind}.v2+json`);
  const answer = await fetch(`${registry.url}/v2/${path}`, { headers: { Accept: [...accept, ...docker].join(', ') } });
  expect(answer.status).toBe(200);
  return { digest: answer.headers.get('docker-content-digest') ?? '', body: (await answer.json()) as Manifest };
}

describe('a builder that is no engine, in a run without one', () => {
  test('publishes: content by digest, then its names, with the same plugins as ever', async () => {
    const names = [`${registry.host}/${unique}/app:1`, `${registry.host}/${unique}/app:2`];
    const other = `${registry.host}/${unique}/other:1`;
    const result = await build(
      `FROM ${base.reference}\nCOPY file /file\nLABEL made.by=${unique}\n`,
      { tags: [...names, other], floating: [`${registry.host}/${unique}/app:latest`] },
      { push: true },
    );
    expect(result.error).toBeUndefined();
    expect(result).toMatchObject({ status: 'ok', publishedState: 'complete', names: [] });
    expect(result.versions).not.toHaveProperty('engine');
    const [first] = result.published;
    for (const name of [...names, other, `${registry.host}/${unique}/app:latest`]) {
      const [, path = '', tag = ''] = /^[^/]+\/(.*):(.*)$/.exec(name) ?? [];
      const { digest, body } = await served(`${path}/manifests/${tag}`);
      expect(digest).toBe(first?.digest);
      expect(body.config?.digest).toBe(result.image?.configDigest);
    }
    expect(result.published).toHaveLength(4);
    expect(result.published.every(({ confirmedBy, isVerified }) => confirmedBy === 'direct' && isVerified)).toBe(true);
    expect(result.image?.place).toEqual({
      kind: 'registry',
      repository: `${registry.host}/${unique}/app`,
      digest: first?.digest,
    });
    expect(result.bases).toMatchObject([{ origin: 'registry', digest: expect.stringMatching(/^sha256:/) }]);
    const inspection = result.plugins.find(({ plugin }) => plugin === 'inspect')?.value;
    expect(inspection).toMatchObject({ image: { labels: { 'made.by': unique }, layerCount: 2 } });
  });
});

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildImage, type BuildOptions } from '@dock/api';
import type { BuildRequest, BuildResult, DockEvent } from '@dock/core';
import { test as gatePlugin } from '@dock/plugin-test';
import {
  baseImage,
  engineRequest,
  type RemoteBuilder,
  type RigImage,
  sharedEngine,
  type SharedRigEngine,
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

describe('a builder that cannot', () => {
  test('go on, because it went away, is lost, and the run ends at once', async () => {
    const own = await startRemoteBuilder(await sharedEngine({ version: '26', store: 'containerd' }));
    const onEvent = (event: DockEvent) => {
      if (event.type === 'step.start' && event.name.includes('sleep 60')) own.cut();
    };
    const result = await build(
      `FROM ${base.reference}\nRUN sleep 60 # ${unique}\n`,
      { tags: [`${registry.host}/${unique}/lost:1`], builder: own.url, network: 'host' },
      { push: true, onEvent },
    );
    await own.stop();
    expect(result.error).toMatchObject({ code: 'BUILDER_LOST', phase: 'build', retryable: true });
    expect(result.publishedState).toBe('none');
  });

  test('put an image elsewhere than into its own engine is refused before anything is sent', async () => {
    const own = await startRemoteBuilder(await sharedEngine({ version: '20.10' }));
    const result = await build(
      'FROM scratch\nCOPY file /file\n',
      { tags: [`${registry.host}/${unique}/classic:1`], builder: own.url },
      { push: true },
    );
    await own.stop();
    expect(result.error).toMatchObject({ code: 'OPTION_UNSUPPORTED', phase: 'build' });
    expect(result.error?.hint).toContain('--context');
  });

  test('have a password gets it only when it is trusted', async () => {
    const closed = await sharedRegistry({ auth: 'basic' });
    mkdirSync(join(root, '.docker'));
    writeFileSync(join(root, '.docker', 'config.json'), JSON.stringify(closed.dockerConfig()));
    const request = { tags: [`${closed.host}/${unique}/closed:1`] };
    const from = closed.requests().length;
    const withheld = await build(`FROM scratch\nCOPY file /file\n`, request, { push: true });
    expect(withheld.error).toMatchObject({ code: 'AUTH_FAILED', phase: 'build', exitStatus: 4 });
    expect(withheld.error?.hint).toContain('--trust-builder');
    const ofBuilder = closed
      .requests()
      .slice(from)
      .filter(({ userAgent }) => /buildkit|containerd/.test(userAgent ?? ''));
    expect(ofBuilder.length).toBeGreaterThan(0);
    expect(ofBuilder.every(({ authorization }) => authorization === undefined)).toBe(true);
    const trusted = await build(`FROM scratch\nCOPY file /file\n`, { ...request, trustBuilder: true }, { push: true });
    expect(trusted).toMatchObject({ status: 'ok', publishedState: 'complete' });
  });
});

describe('outputs of a builder that is no engine', () => {
  const text = (): string => `FROM ${base.reference}\nFROM scratch\nCOPY file /file\nLABEL made.by=${unique}\n`;

  test('are written without an engine, a registry or an image', async () => {
    const result = await build(text(), { outputs: ['out'], tags: ['hello:1'] });
    expect(result.error).toBeUndefined();
    expect(result.image).toBeUndefined();
    expect(result.outputs).toMatchObject([{ type: 'local', dest: join(root, 'out'), files: 1 }]);
    expect(readFileSync(join(root, 'out', 'file'), 'utf8')).toBe(unique);
    const archive = await build(text(), { outputs: ['type=oci,dest=image.tar,compression=zstd'], tags: ['hello:1'] });
    expect(archive.error).toBeUndefined();
    expect(archive.outputs).toMatchObject([
      { type: 'oci', names: ['docker.io/library/hello:1'], digest: expect.stringMatching(/^sha256:/) },
    ]);
  });

  test('are one for a builder that does not tell a version that makes several', async () => {
    const name = `${registry.host}/${unique}/beside:1`;
    const result = await build(text(), { outputs: ['out', `type=registry,name=${name}`] });
    expect(result.error).toMatchObject({ code: 'OPTION_UNSUPPORTED', details: { option: 'outputs' } });
    expect(existsSync(join(root, 'out'))).toBe(false);
  });
});

const kinds = [
  { version: '20.10', store: 'classic' },
  { version: '26', store: 'classic' },
  { version: '26', store: 'containerd' },
] as const;

describe.each(kinds)('its image in an engine, $version with the $store store', ({ version, store }) => {
  const made = new Set<string>();
  let own: SharedRigEngine;
  beforeAll(async () => {
    own = await sharedEngine({ version, store });
  });
  afterAll(async () => {
    for (const name of made) await engineRequest(own.socketPath, 'DELETE', `/images/${name}?force=1`);
  });

  const inEngine = (): BuildOptions => ({
    env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: own.host, TMPDIR: root },
  });
  const gate = (more: Partial<Parameters<typeof gatePlugin>[0]> = {}) =>
    gatePlugin({ command: `[ "$(cat /file)" = ${unique} ]`, network: 'none', ...more });

  test('passes its gate there before anything is published, and is the image that the builder says it built', async () => {
    const name = `${registry.host}/${unique}/loaded-${version}-${store}:1`;
    made.add(name);
    const result = await build(
      `FROM ${base.reference}\nCOPY file /file\nLABEL for=${version}${store}\n`,
      { tags: [name] },
      { ...inEngine(), plugins: [gate()], push: true },
    );
    expect(result.error).toBeUndefined();
    expect(result).toMatchObject({ publishedState: 'complete', names: [name] });
    expect(result.gates).toEqual([{ gate: 'test', platform: 'linux/amd64', status: 'passed' }]);
    expect(result.image?.place).toMatchObject({ kind: 'engine', store });
    const [, path = '', tag = ''] = /^[^/]+\/(.*):(.*)$/.exec(name) ?? [];
    expect((await served(`${path}/manifests/${tag}`)).body.config?.digest).toBe(result.image?.configDigest);
  });

  test('that a gate refuses is in no registry', async () => {
    const name = `${registry.host}/${unique}/refused-${version}-${store}:1`;
    const result = await build(
      `FROM ${base.reference}\nCOPY file /file\nLABEL refused=${version}${store}\n`,
      { tags: [name] },
      { ...inEngine(), plugins: [gate({ command: 'exit 3' })], push: true },
    );
    if (result.image?.place.kind === 'engine') made.add(result.image.place.id);
    expect(result).toMatchObject({ error: { code: 'GATE_FAILED' }, publishedState: 'none', names: [] });
    expect(result.gates).toMatchObject([{ platform: 'linux/amd64', status: 'failed' }]);
    const answer = await fetch(`${registry.url}/v2/${unique}/refused-${version}-${store}/tags/list`);
    expect(answer.status).toBe(404);
  });

  test('is pulled by its digest for a gate by digest, and gone afterwards', async () => {
    const name = `${registry.host}/${unique}/digest-${version}-${store}:1`;
    const result = await build(
      `FROM ${base.reference}\nCOPY file /file\nLABEL digest=${version}${store}\n`,
      { tags: [name] },
      { ...inEngine(), plugins: [gate({ gate: 'by-digest' })], push: true },
    );
    expect(result.error).toBeUndefined();
    expect(result.image?.place.kind).toBe('registry');
    expect(result.gates).toEqual([{ gate: 'test', platform: 'linux/amd64', status: 'passed' }]);
    const path = `${registry.host}/${unique}/digest-${version}-${store}@${result.published[0]?.digest}`;
    expect((await engineRequest(own.socketPath, 'GET', `/images/${path}/json`)).status).toBe(404);
  });
});

describe('two nodes', () => {
  test('build each their platform, joined into one index with one digest under every name', async () => {
    const names = [`${registry.host}/${unique}/both:1`, `${registry.host}/${unique}/elsewhere:1`];
    const other = await startRemoteBuilder(await sharedEngine({ version: '26', store: 'containerd' }));
    const instances = join(root, '.docker', 'buildx', 'instances');
    mkdirSync(instances, { recursive: true });
    const node = (name: string, url: string, architecture: string) => ({
      Name: name,
      Endpoint: url,
      Platforms: [{ os: 'linux', architecture }],
    });
    const steps: string[] = [];
    const nodes = [node('pair0', builder.url, 'amd64'), node('pair1', other.url, 'arm64')];
    writeFileSync(join(instances, 'pair'), JSON.stringify({ Name: 'pair', Driver: 'remote', Nodes: nodes }));
    try {
      const result = await build(
        `FROM scratch\nCOPY file /file\nLABEL two=${unique}\n`,
        { tags: names, builder: 'pair', platforms: ['linux/amd64', 'linux/arm64'] },
        { push: true, onEvent: (event) => void (event.type === 'step.start' && steps.push(event.step)) },
      );
      expect(result.error).toBeUndefined();
      expect(new Set(steps.map((step) => step.split('.')[0]))).toEqual(new Set(['1', '2']));
      const { digest, body } = await served(`${unique}/both/manifests/1`);
      expect((await served(`${unique}/elsewhere/manifests/1`)).digest).toBe(digest);
      expect(result.published.map((each) => each.digest)).toEqual([digest, digest]);
      expect(body.manifests?.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
      expect(result.image?.platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
      const [first] = result.image?.platforms ?? [];
      const manifest = await served(`${unique}/both/manifests/${first?.manifestDigest}`);
      expect(manifest.body.config?.digest).toBe(first?.configDigest);
      const told = steps.length;
      const cacheTo = [`type=registry,ref=${registry.host}/${unique}/cache:1`];
      const shared = await build(
        `FROM scratch\nCOPY file /file\n`,
        { tags: names, builder: 'pair', platforms: ['linux/amd64', 'linux/arm64'], cacheTo },
        { push: true, onEvent: (event) => void (event.type === 'step.start' && steps.push(event.step)) },
      );
      expect(shared.error).toMatchObject({ code: 'OPTION_UNSUPPORTED', details: { option: 'cacheTo' } });
      // The source alone is a step of the run itself.
      expect(steps.slice(told).filter((each) => each.includes('.'))).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});

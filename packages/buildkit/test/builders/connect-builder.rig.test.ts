import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builderWord } from '@dock/core/internal';
import {
  baseImage,
  type BuilderContainer,
  engineRequest,
  type RemoteBuilder,
  rigTool,
  sharedEngine,
  type SharedRigEngine,
  startBuilderContainer,
  startRemoteBuilder,
} from '@dock/testing';

import { hasDockerContext, reachEngines } from '../../../engine/src/build/reach-engines.js';
import { credentialsOf, errorOf, specOf } from '../../../engine/test/engine-fixture.js';
import { type ConnectedBuilder, connectBuilder } from '../../src/builders/connect-builder.js';
import { currentBuilder, describeBuilder, type NamedBuilder } from '../../src/builders/describe-builder.js';
import { solveBuild } from '../../src/solve.js';

let engine: SharedRigEngine;
let newer: SharedRigEngine;
let directory = '';
let env: Record<string, string> = {};
const remotes: RemoteBuilder[] = [];
const containers: BuilderContainer[] = [];
const images = new Map<string, SharedRigEngine>();
const unique = `${process.pid}x${Date.now().toString(36)}`;

beforeAll(async () => {
  engine = await sharedEngine({ version: '20.10' });
  newer = await sharedEngine({ version: '26', store: 'containerd' });
  await Promise.all([baseImage(engine), baseImage(newer)]);
  directory = mkdtempSync(join(tmpdir(), 'dock-builders-'));
  writeFileSync(join(directory, 'file'), 'content');
  env = { DOCKER_CONFIG: join(directory, 'docker'), DOCKER_HOST: engine.host };
});
afterAll(async () => {
  for (const container of containers) await container.remove();
  for (const remote of remotes) await remote.stop();
  for (const [id, where] of images) await engineRequest(where.socketPath, 'DELETE', `/images/${id}?force=1`);
  rmSync(directory, { recursive: true });
});

async function remote(listen: 'tcp' | 'tls' | 'unix', where = engine): Promise<RemoteBuilder> {
  const started = await startRemoteBuilder(where, { listen });
  remotes.push(started);
  return started;
}

/** buildx itself writes what we read. */
async function buildx(...words: readonly string[]): Promise<void> {
  await promisify(execFile)(rigTool('docker-buildx', '26'), words, { env: { ...process.env, ...env } });
}

function connect(text: string, more: { readonly signal?: AbortSignal } = {}): Promise<ConnectedBuilder> {
  const home = { env, homeDir: directory, cwd: directory };
  const hasContext = (name: string) => hasDockerContext(name, home);
  return describeBuilder(builderWord(text) as NamedBuilder, { ...home, hasContext }).then((builder) =>
    connectBuilder(builder, { reach: reachEngines(home), ...more }),
  );
}

async function buildOn({ nodes: [node] }: ConnectedBuilder, where = engine): Promise<string | undefined> {
  if (node === undefined) throw new Error('a builder has a node');
  const text = `FROM busybox:1\nCOPY file /file\nRUN [ "$(cat /file)" = content ] # ${unique}${images.size}`;
  const environment = { door: node.door, source: { credentials: credentialsOf() }, env: {}, machine: 'test' };
  const { failure, imageId } = await solveBuild(specOf(directory, text), environment, {});
  expect(failure).toBeUndefined();
  if (imageId !== undefined) images.set(imageId, where);
  return imageId;
}

describe('a builder at an address', () => {
  test.each(['tcp', 'unix'] as const)('over %s says what it is, and builds', async (listen) => {
    const { url } = await remote(listen);
    const builder = await connect(url);
    expect(builder).toMatchObject({
      name: url,
      driver: 'remote',
      nodes: [{ endpoint: url, isPrivate: true, isOwnEngine: false, version: undefined, store: 'classic' }],
      failures: [],
    });
    expect(builder.nodes[0]?.platforms).toContain('linux/amd64');
    expect(await buildOn(builder)).toMatch(/^sha256:/);
  });

  test('over TLS is reached with the certificates of both sides, which may be relative', async () => {
    const { url, tls } = await remote('tls', newer);
    writeFileSync(join(directory, 'ca.pem'), readFileSync(tls?.caFile ?? ''));
    const builder = await connect(`${url},cacert=ca.pem,cert=${tls?.certFile ?? ''},key=${tls?.keyFile ?? ''}`);
    expect(builder.nodes).toMatchObject([{ isPrivate: true, store: 'containerd' }]);
    expect(await buildOn(builder, newer)).toMatch(/^sha256:/);
  });

  test.each([
    ['an authority that nobody knows', () => '', /authority of the builder's certificate/],
    ['no certificate of our own', (files: { ca: string }) => `,cacert=${files.ca}`, /wants a certificate of yours/],
    [
      'a name that it does not have',
      (files: { ca: string; cert: string; key: string }) =>
        `,cacert=${files.ca},cert=${files.cert},key=${files.key},servername=other.example.com`,
      /servername=NAME/,
    ],
  ])('over TLS with %s is refused, with what to do', async (_what, options, hint) => {
    const { url, tls } = await remote('tls');
    const files = { ca: tls?.caFile ?? '', cert: tls?.certFile ?? '', key: tls?.keyFile ?? '' };
    // Without any file the address alone would mean a connection without TLS.
    const error = await errorOf(connect(`${url}${options(files) || ',servername=localhost'}`));
    expect(error).toMatchObject({ code: 'BUILDER_UNREACHABLE', details: { endpoint: url } });
    expect(error.hint).toMatch(hint);
  });

  test('that speaks TLS to one who does not is named so', async () => {
    const { url } = await remote('tls');
    expect(await errorOf(connect(url))).toMatchObject({ code: 'BUILDER_PROTOCOL', details: { endpoint: url } });
  });

  test('that breaks off within a build is lost', async () => {
    const server = await remote('tcp');
    const [node] = (await connect(server.url)).nodes;
    const environment = { door: node?.door as never, source: { credentials: credentialsOf() }, env: {}, machine: 't' };
    const building = solveBuild(specOf(directory, `FROM busybox:1\nRUN sleep 300 # ${unique}`), environment, {
      onEvent: (event) => {
        if (event.type === 'step.start' && event.name.includes('sleep 300')) server.cut();
      },
    });
    expect(await errorOf(building)).toMatchObject({ code: 'BUILDER_LOST', retryable: true });
  });

  test('that is gone is unreachable', async () => {
    const server = await remote('unix');
    await server.stop();
    expect(await errorOf(connect(server.url))).toMatchObject({ code: 'BUILDER_UNREACHABLE' });
  });
});

describe('a builder in a container', () => {
  const name = `dock-builder-${unique}`;
  let server: RemoteBuilder;
  let container: BuilderContainer;
  beforeAll(async () => {
    server = await remote('tcp', newer);
    container = await startBuilderContainer(engine, name, server);
    containers.push(container);
  });

  test('is reached by its own command, which says things on the side, and ends with the connection', async () => {
    const builder = await connect(`docker-container:${name}`);
    expect(builder).toMatchObject({ driver: 'docker-container', nodes: [{ isPrivate: true, store: 'containerd' }] });
    expect(await buildOn(builder, newer)).toMatch(/^sha256:/);
    for (const end = Date.now() + 10_000; server.connections > 0 && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.connections).toBe(0);
    const { text } = await engineRequest(engine.socketPath, 'GET', `/containers/${name}/top`);
    expect((JSON.parse(text) as { Processes: string[][] }).Processes).toHaveLength(1);
  });

  test('whose command fails is told with its words', async () => {
    const server2 = await remote('tcp');
    const other = await startBuilderContainer(engine, `${name}-lost`, server2);
    containers.push(other);
    await server2.stop();
    const error = await errorOf(connect(`docker-container:${other.name}`));
    expect(error).toMatchObject({ code: 'CONTAINER_FAILED', details: { builder: `docker-container:${other.name}` } });
    expect(error.message).toContain('dialling');
  });

  test('without such a command is told with the words of the engine', async () => {
    const created = await engineRequest(engine.socketPath, 'POST', `/containers/create?name=${name}-bare`, {
      Image: 'busybox:1',
      Cmd: ['sleep', '1000'],
      HostConfig: { NetworkMode: 'host' },
    });
    expect(created.status).toBe(201);
    try {
      await engineRequest(engine.socketPath, 'POST', `/containers/${name}-bare/start`);
      const error = await errorOf(connect(`docker-container:${name}-bare`));
      expect(error.code).toBe('CONTAINER_FAILED');
      expect(error.message).toMatch(/buildctl.*not found/);
    } finally {
      await engineRequest(engine.socketPath, 'DELETE', `/containers/${name}-bare?force=1`);
    }
  });

  test('that is stopped is refused with the command that starts it, and one that is not there as such', async () => {
    await container.halt();
    const stopped = await errorOf(connect(`docker-container:${name}`));
    expect(stopped).toMatchObject({ code: 'BUILDER_NOT_RUNNING', retryable: false });
    expect(stopped.hint).toContain(`docker start ${name}`);
    await container.start();
    expect(await errorOf(connect(`docker-container:${name}-other`))).toMatchObject({ code: 'BUILDER_NOT_RUNNING' });
  });
});

describe('a builder that buildx made', () => {
  test('of the driver remote is reached by its TLS files, in any case of its name', async () => {
    const { url, tls } = await remote('tls', newer);
    const options = `cacert=${tls?.caFile ?? ''},cert=${tls?.certFile ?? ''},key=${tls?.keyFile ?? ''}`;
    await buildx('create', '--name', 'Far', '--driver', 'remote', '--driver-opt', options, url);
    const builder = await connect('far');
    expect(builder).toMatchObject({ name: 'Far', driver: 'remote', nodes: [{ name: 'far0', endpoint: url }] });
    expect(await buildOn(builder, newer)).toMatch(/^sha256:/);
  });

  test('of the driver docker-container is refused until it is booted, and then builds', async () => {
    const words = ['--driver', 'docker-container', '--platform', 'linux/arm64'];
    await buildx('create', '--name', 'box', ...words, '--buildkitd-flags', '--allow-insecure-entitlement network.host');
    const error = await errorOf(connect('box'));
    expect(error).toMatchObject({ code: 'BUILDER_NOT_RUNNING', details: { node: 'box0' } });
    expect(error.hint).toContain('docker buildx inspect --bootstrap box');
    containers.push(await startBuilderContainer(engine, 'buildx_buildkit_box0', await remote('tcp', newer)));
    const builder = await connect('box');
    expect(builder.nodes).toMatchObject([{ name: 'box0', entitlements: ['network.host'], givenPlatforms: 1 }]);
    expect(builder.nodes[0]?.platforms.slice(0, 2)).toEqual(['linux/arm64', 'linux/amd64']);
    expect(await buildOn(builder, newer)).toMatch(/^sha256:/);
  });

  test('with two nodes has those that answer, and tells why another does not', async () => {
    const [one, two] = [await remote('tcp'), await remote('tcp', newer)];
    await buildx('create', '--name', 'pair', '--driver', 'remote', one.url);
    await buildx('create', '--name', 'pair', '--append', '--node', 'second', '--platform', 'linux/arm64', two.url);
    expect((await connect('pair')).nodes).toMatchObject([{ name: 'pair0' }, { name: 'second', store: 'containerd' }]);
    await one.stop();
    const rest = await connect('pair');
    expect(rest.nodes).toMatchObject([{ name: 'second' }]);
    expect(rest.failures).toMatchObject([{ code: 'BUILDER_UNREACHABLE', details: { node: 'pair0' } }]);
    await two.stop();
    expect(await errorOf(connect('pair'))).toMatchObject({
      details: { node: 'pair0' },
      attached: [{ details: { node: 'second' } }],
    });
  });

  test('is the current one for its endpoint, for all, or as the default of the endpoint', async () => {
    const home = { env, homeDir: directory };
    const current = async (key: string) => (await currentBuilder(key, home))?.name;
    await buildx('use', 'far');
    expect(await Promise.all([engine.host, 'other'].map(current))).toEqual(['Far', undefined]);
    await buildx('use', '--global', 'far');
    expect(await Promise.all([engine.host, 'other'].map(current))).toEqual(['Far', 'Far']);
    await buildx('use', '--default', 'pair');
    expect(await Promise.all([engine.host, 'other'].map(current))).toEqual(['pair', undefined]);
    await buildx('rm', 'pair');
    expect(await current(engine.host)).toBeUndefined();
  });

  test('no file of buildx is changed by being read', async () => {
    const files = (): string[] => readdirSync(join(directory, 'docker', 'buildx', 'instances')).sort();
    const before = files();
    await errorOf(connect('missing'));
    expect(files()).toEqual(before);
  });
});

test('"default" is the caller’s engine, and a docker context the engine that it names', async () => {
  expect(await connect('default')).toMatchObject({
    name: 'default',
    driver: 'docker',
    nodes: [{ isOwnEngine: true, store: 'classic' }],
  });
  const meta = join(directory, 'docker', 'contexts', 'meta', createHash('sha256').update('newer').digest('hex'));
  mkdirSync(meta, { recursive: true });
  const stored = { Name: 'newer', Metadata: {}, Endpoints: { docker: { Host: newer.host, SkipTLSVerify: false } } };
  writeFileSync(join(meta, 'meta.json'), JSON.stringify(stored));
  const builder = await connect('newer');
  expect(builder).toMatchObject({ driver: 'docker', nodes: [{ isOwnEngine: false, store: 'containerd' }] });
  expect(await buildOn(builder, newer)).toMatch(/^sha256:/);
});

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  buildImage,
  engineRequest,
  rigTool,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  tarArchive,
} from '@dock/testing';
import { createProject, dockBinary, outcomeOf, type Project } from './run-dock.js';

jest.setTimeout(600_000);

const unique = `archive-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let base: string;
let server: Server;
let url: string;
let project: Project;
const served: Record<string, Buffer> = {};

beforeAll(async () => {
  engine = await sharedEngine();
  base = (await baseImage(engine)).reference;
  server = createServer((asked, answer) => {
    const found = served[asked.url ?? ''];
    answer.writeHead(found === undefined ? 404 : 200).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

/** A context with links, set-uid bits, times and modes of its own, packed by tar. */
function packContext(owner = 0): string {
  const tree = join(project.directory, 'tree');
  mkdirSync(join(tree, 'sub'), { recursive: true });
  writeFileSync(join(tree, 'Dockerfile'), `FROM ${base}\nCOPY . /in\n`);
  writeFileSync(join(tree, 'sub', 'Other'), `FROM ${base}\nCOPY sub/file /other\n`);
  const script = `printf text > sub/file && chmod 4751 sub/file && ln sub/file hard && ln -s /etc/passwd link && touch -d '2020-01-02T03:04:05Z' sub/file && chmod 0711 sub`;
  execFileSync('/bin/sh', ['-c', script], { cwd: tree });
  const file = join(project.directory, 'context.tar.gz');
  execFileSync('tar', ['-czf', file, `--owner=${owner}`, `--group=${owner}`, '-C', tree, '.']);
  return file;
}

/** `dock build` with a file as standard input. */
async function build(args: readonly string[], input?: string): Promise<BuildResult> {
  const words = [dockBinary, 'build', ...args, '--no-config', '--json', '--network', 'host'];
  const child = spawn(process.execPath, words, {
    cwd: project.directory,
    env: project.env({ DOCKER_HOST: engine.host }),
    stdio: [input === undefined ? 'ignore' : openSync(input, 'r'), 'pipe', 'pipe'],
  });
  return JSON.parse((await outcomeOf(child)).stdout) as BuildResult;
}

/** What the last layer of an image has: modes, owners, sizes and names, with times of what is no directory. */
function lastLayer(id: string): readonly string[] {
  const saved = execFileSync(rigTool('docker'), ['-H', engine.host, 'save', id], { maxBuffer: 2 ** 28 });
  const directory = join(project.directory, `saved-${id.slice(-12)}`);
  mkdirSync(directory);
  execFileSync('tar', ['-x', '-C', directory], { input: saved });
  const [{ Layers = [] } = {}] = JSON.parse(
    execFileSync('cat', [join(directory, 'manifest.json')], { encoding: 'utf8' }),
  ) as { Layers?: string[] }[];
  const layer = join(directory, Layers.at(-1) ?? '');
  const list = execFileSync('tar', ['-tv', '--full-time', '--utc', '--numeric-owner', '-f', layer], {
    encoding: 'utf8',
  });
  return list
    .trim()
    .split('\n')
    .map((line) => (line.startsWith('d') ? line.replace(/\d{4}-\d\d-\d\d \S+/, '') : line))
    .toSorted();
}

test.each(['classic', 'buildkit'])('the image of a tar on standard input is that of docker, by %s', async (builder) => {
  // docker's BuildKit keeps the owners of an archive, its classic builder does not; with dock they are root.
  const file = packContext(builder === 'classic' ? 1234 : 0);
  const docker = ['-H', engine.host, 'build', '-q', '-'];
  const theirs = execFileSync(rigTool('docker'), docker, {
    stdio: [openSync(file, 'r'), 'pipe', 'ignore'],
    env: { ...process.env, DOCKER_BUILDKIT: builder === 'classic' ? '0' : '1' },
    encoding: 'utf8',
  }).trim();
  const { error, image, source } = await build(['-', '--builder', builder], file);
  expect(error).toBeUndefined();
  const { id = '' } = (image?.place ?? image) as { id?: string };
  const ours = lastLayer(id);
  expect(ours.length).toBeGreaterThan(6);
  expect(ours).toEqual(lastLayer(theirs));
  expect(source).toMatchObject({ kind: 'archive', archive: { digest: expect.stringMatching(/^sha256:/) } });
  for (const each of new Set([id, theirs])) await engineRequest(engine.socketPath, 'DELETE', `/images/${each}?force=1`);
});

describe.each([
  ['here', []],
  ['host-docker', ['--method', 'host-docker']],
] as const)('with the runner %s', (runner, method) => {
  let flags: readonly string[];
  beforeAll(async () => {
    const image = method.length === 0 ? undefined : (await buildImage(engine)).reference;
    flags = [...method, ...(image === undefined ? [] : ['--build-image', image, '--container-network', 'host'])];
  });

  test('a tar behind a URL, with a file inside named by --file, is built', async () => {
    const file = packContext();
    served['/context.tar.gz'] = execFileSync('cat', [file]);
    const tag = `${unique}/${runner}:1`;
    const { error, source, names } = await build([
      ...[`${url}/context.tar.gz`, '--file', 'sub/Other', '--tag', tag],
      ...flags,
    ]);
    expect([error, names]).toEqual([undefined, [`docker.io/${tag}`]]);
    expect(source).toMatchObject({ archive: { url: `${url}/context.tar.gz` } });
    await engineRequest(engine.socketPath, 'DELETE', `/images/${encodeURIComponent(tag)}?force=1`);
  });

  test('a tar on standard input is built', async () => {
    const tag = `${unique}/${runner}:2`;
    const { error, source } = await build(['-', '--tag', tag, ...flags], packContext());
    expect(error).toBeUndefined();
    expect(source?.kind).toBe('archive');
    await engineRequest(engine.socketPath, 'DELETE', `/images/${encodeURIComponent(tag)}?force=1`);
  });
});

test('a URL of a Dockerfile builds it with an empty context', async () => {
  served['/Dockerfile'] = Buffer.from(`FROM ${base}\nCOPY . /in\nRUN test -z "$(ls -A /in)"\n`);
  expect((await build([`${url}/Dockerfile`])).error).toBeUndefined();
});

test('an archive without a Dockerfile, an unknown authority and a missing file are told', async () => {
  served['/empty.tar'] = tarArchive([{ path: 'sub/Dockerfile', content: 'FROM scratch\n' }]);
  expect((await build([`${url}/empty.tar`])).error).toMatchObject({
    code: 'DOCKERFILE_NOT_FOUND',
    hint: 'There is "sub/Dockerfile": name the file with --file.',
  });
  const { host } = await sharedRegistry({ tls: true });
  expect((await build([`https://${host}/context.tar.gz`])).error).toMatchObject({
    code: 'SOURCE_DOWNLOAD_FAILED',
    retryable: false,
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  expect((await build([`${url}/gone.tar`])).error?.code).toBe('SOURCE_NOT_FOUND');
});

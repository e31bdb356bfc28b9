import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { BuildersReport } from '@dock/api';
import { type RemoteBuilder, sharedEngine, type SharedRigEngine, startRemoteBuilder } from '@dock/testing';
import { createProject, type Project } from './run-dock.js';

let engine: SharedRigEngine;
let newer: SharedRigEngine;
let remote: RemoteBuilder;
let project: Project;
beforeAll(async () => {
  engine = await sharedEngine({ version: '20.10' });
  newer = await sharedEngine({ version: '26', store: 'containerd' });
  remote = await startRemoteBuilder(newer, { listen: 'tls' });
});
afterAll(() => remote.stop());
beforeEach(() => {
  project = createProject();
  mkdirSync(join(project.home, '.docker', 'buildx', 'instances'), { recursive: true });
});
afterEach(() => project.remove());

const buildx = (path: string, value: unknown): void =>
  writeFileSync(
    join(project.home, '.docker', 'buildx', path),
    typeof value === 'string' ? value : JSON.stringify(value),
  );
const instance = (Name: string, Driver: string, node: object) => ({ Name, Driver, Nodes: [node], Dynamic: false });
const tlsOptions = () => ({ cacert: remote.tls?.caFile, cert: remote.tls?.certFile, key: remote.tls?.keyFile });

test('lists the engine’s BuildKit and those of buildx, whatever becomes of one', async () => {
  const Platforms = [{ architecture: 'arm64', os: 'linux' }];
  buildx(
    'instances/far',
    instance('far', 'remote', { Name: 'far0', Endpoint: remote.url, Platforms, DriverOpts: tlsOptions() }),
  );
  buildx(
    'instances/cluster',
    instance('cluster', 'kubernetes', { Name: 'cluster0', Endpoint: 'kubernetes:///cluster' }),
  );
  buildx('instances/box', instance('box', 'docker-container', { Name: 'box0', Endpoint: engine.host }));
  buildx('instances/bad', '{');
  buildx('current', { Key: engine.host, Name: 'far', Global: false });
  const env = { DOCKER_HOST: engine.host, BUILDX_BUILDER: 'box' };
  const { status, stdout } = await project.run(['builders', '--json'], { env });
  const report = JSON.parse(stdout) as BuildersReport;
  expect(status).toBe(0);
  expect(report).toMatchObject({ v: 1, status: 'ok', exitStatus: 0 });
  expect(report.builders).toMatchObject([
    { name: 'engine', driver: 'docker', isDefault: false, nodes: [{ status: 'running', store: 'classic' }] },
    { name: 'bad', nodes: [], error: { code: 'BUILDER_INVALID' } },
    {
      name: 'box',
      driver: 'docker-container',
      isDefault: true,
      nodes: [{ status: 'stopped', error: { code: 'BUILDER_NOT_RUNNING' } }],
    },
    { name: 'cluster', nodes: [{ status: 'unsupported', error: { code: 'BUILDER_UNSUPPORTED' } }] },
    { name: 'far', isCurrent: true, nodes: [{ status: 'running', store: 'containerd', endpoint: remote.url }] },
  ]);
  const [own, , , , far] = report.builders.map(({ nodes }) => nodes[0]);
  expect(far?.platforms.slice(0, 2)).toEqual(['linux/arm64', 'linux/amd64']);
  for (const node of [own, far]) expect(node?.diskBytes).toBeGreaterThanOrEqual(0);
  const isRefused = (node: typeof own) =>
    node?.cannot.some(({ option, values }) => option === 'platforms' && values === 'several');
  expect([own, far].map(isRefused)).toEqual([true, false]);
});

test('is read by people too, with what to do about what does not work', async () => {
  buildx('instances/box', instance('box', 'docker-container', { Name: 'box0', Endpoint: engine.host }));
  const { status, stdout } = await project.run(['builders', '-H', engine.host]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^NAME\/NODE +DRIVER\/ENDPOINT +STATUS +BUILDKIT +DISK +PLATFORMS\nengine\* +docker\n/);
  expect(stdout).toMatch(/^ {2}engine +unix:\S+ +running +classic store +\S+ ?\S*B +linux\/amd64, linux\/386$/m);
  expect(stdout).toMatch(/^ {4}cannot: platforms, several \(.*\)$/m);
  expect(stdout).toMatch(/^ {2}box0 +unix:\S+ +stopped$/m);
  expect(stdout).toContain('Boot it with "docker buildx inspect --bootstrap box".');
});

test('one that is named is asked alone, and fails the command when it cannot build', async () => {
  const { ca, cert, key } = { ca: remote.tls?.caFile, cert: remote.tls?.certFile, key: remote.tls?.keyFile };
  const word = `${remote.url},cacert=${ca ?? ''},cert=${cert ?? ''},key=${key ?? ''}`;
  const asked = await project.run(['builders', word, '--json'], { env: { DOCKER_HOST: engine.host } });
  expect(asked.status).toBe(0);
  expect((JSON.parse(asked.stdout) as BuildersReport).builders).toMatchObject([{ name: remote.url, driver: 'remote' }]);
  const refused = await project.run(['builders', remote.url], { env: { DOCKER_HOST: engine.host } });
  expect(refused.status).toBe(3);
  expect(refused.stdout).toContain('BUILDER_PROTOCOL');
  const unknown = await project.run(['builders', 'nobody'], { env: { DOCKER_HOST: engine.host } });
  expect({ status: unknown.status, stdout: unknown.stdout }).toEqual({ status: 2, stdout: '' });
  expect(unknown.stderr).toContain('There is no builder "nobody".');
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  engineRequest,
  listLeftovers,
  type SharedRigEngine,
  sharedEngine,
  type SharedRigRegistry,
  sharedRegistry,
} from '@dock/testing';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(40);

const unique = `case40-${process.pid}`;
let engine: SharedRigEngine;
let registry: SharedRigRegistry;
let project: Project;
let before: Awaited<ReturnType<typeof listLeftovers>>;

beforeAll(async () => {
  [engine, registry] = await Promise.all([sharedEngine({ version: '20.10' }), sharedRegistry()]);
  const base = await baseImage(registry, { name: `${unique}/busybox:1` });
  before = await listLeftovers(engine);
  project = createProject(
    Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [
        `${name}/Dockerfile`,
        `FROM ${base.reference}\nRUN echo ${unique} ${name} > /who\n`,
      ]),
    ),
  );
});
afterAll(() => project.remove());

const build = async (directory: string, ...more: string[]): Promise<BuildResult> => {
  const args = ['build', directory, '--network', 'host', '--json', ...more];
  const { status, stdout, stderr } = await project.run(args, { env: { DOCKER_HOST: engine.host } });
  const result = JSON.parse(stdout) as BuildResult;
  sawOutcome(status, result.error?.code);
  expect([status, status === result.exitStatus ? '' : stderr]).toEqual([result.exitStatus, '']);
  return result;
};

const idOf = async (name: string): Promise<string> =>
  ((await engineRequest(engine.socketPath, 'GET', `/images/${name}/json`)).json() as { Id: string }).Id;

test('three builds of one tag at once each have the image that they built, and the tag is one of them', async () => {
  const name = `${unique}/at-once:1`;
  const results = await Promise.all(['a', 'b', 'c'].map((each) => build(each, '--tag', name)));
  expect(results.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
  const ids = results.map(({ image }) => image?.id);
  expect(new Set(ids).size).toBe(3);
  expect(ids).toContain(await idOf(name));
});

test('two builds of the same source and tag at once publish one image', async () => {
  const name = `${registry.host}/${unique}/same:1`;
  const results = await Promise.all([1, 2].map(() => build('a', '--tag', name, '--push')));
  expect(results.map(({ status, exitStatus, error }) => [status, exitStatus, error?.code])).toEqual([
    ['ok', 0, undefined],
    ['ok', 0, undefined],
  ]);
  for (const { published } of results) expect(published[0]).toMatchObject({ name, isVerified: true });
});

test('the same build again is the same image, and its push sends no blob', async () => {
  const name = `${registry.host}/${unique}/again:1`;
  const first = await build('b', '--tag', name, '--push');
  const seen = registry.requests().length;
  const second = await build('b', '--tag', name, '--push');
  expect([second.image?.id, second.published[0]?.digest]).toEqual([first.image?.id, first.published[0]?.digest]);
  const uploads = registry
    .requests()
    .slice(seen)
    .filter(({ method, path }) => method !== 'HEAD' && path.includes('/blobs/uploads'));
  expect(uploads.filter(({ path }) => path.includes(`${unique}/again/`))).toEqual([]);
});

test('a tag that is moved before the push fails the run with both IDs', async () => {
  const name = `${registry.host}/${unique}/moved:1`;
  const other = await build('c');
  project.write({
    'dock.config.mjs': `import { push } from '@dock/plugin-push';
      import { request } from 'node:http';
      const [repo, tag] = ['${registry.host}/${unique}/moved', '1'];
      const move = (path) => new Promise((resolve, reject) => request({ socketPath: '${engine.socketPath}', method: 'POST', path }, (answer) => answer.resume().on('end', resolve)).on('error', reject).end());
      export default { plugins: [{ name: 'mover', apply(dock) {
        dock.hooks.push.tap('mover', () => move('/images/${other.image?.id ?? ''}/tag?repo=' + encodeURIComponent(repo) + '&tag=' + tag), { before: 'push: transfer' });
      } }, push()] };`,
  });
  const { image, error, exitStatus, published } = await build('a', '--tag', name);
  expect({ code: error?.code, exitStatus, published }).toEqual({ code: 'TAG_MOVED', exitStatus: 1, published: [] });
  expect(`${error?.message} ${JSON.stringify(error?.details)}`).toContain(image?.id);
  expect(`${error?.message} ${JSON.stringify(error?.details)}`).toContain(other.image?.id);
});

test('no build left a labelled object behind', async () => {
  expect(await listLeftovers(engine)).toEqual(before);
});

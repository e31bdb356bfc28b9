import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  buildImage,
  buildImageHere,
  DockerBuildWorkflow,
  InsideBuilder,
  pushImage,
  throwIfFailed,
  type RunOptions,
} from '@dock/api';
import type { DockEvent, DockPlugin } from '@dock/core';
import {
  baseImage,
  engineRequest,
  type RigImage,
  type RigRepository,
  sharedEngine,
  sharedGitServer,
  type SharedRigEngine,
  type SharedRigRegistry,
  sharedRegistry,
} from '@dock/testing';

const unique = `api-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let registry: SharedRigRegistry;
let base: RigImage;
let repository: RigRepository;
let root: string;
let run: RunOptions;

beforeAll(async () => {
  engine = await sharedEngine();
  registry = await sharedRegistry();
  base = await baseImage(registry, { name: `${unique}/base:1` });
  repository = await (await sharedGitServer()).createRepository(unique, {
    Dockerfile: `FROM ${base.reference}\nLABEL made.by=${unique}\n`,
    'sub/Dockerfile': `FROM ${base.reference}\nLABEL where=sub\n`,
    'bare/Dockerfile': 'FROM scratch\nLABEL bare=1\n',
    'parent/Dockerfile': `FROM ${unique}/base:1\nLABEL parent=1\n`,
  });
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dock-api-test-'));
  run = {
    env: { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: engine.host, TMPDIR: root },
    cwd: root,
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function labelsOf(image: string | undefined): Promise<Record<string, string>> {
  const answer = await engineRequest(engine.socketPath, 'GET', `/images/${image}/json`);
  return (answer.json() as { Config: { Labels: Record<string, string> } }).Config.Labels;
}

describe('buildImageHere', () => {
  test('turns a git repository into an image in several registries, and tells everything in the result', async () => {
    const events: DockEvent[] = [];
    const result = throwIfFailed(
      await buildImageHere({
        ...run,
        gitUrl: repository.url,
        image: `${unique}:1`,
        targetRegistries: [registry.host, `${registry.host}/mirror`],
        onEvent: (event) => events.push(event),
      }),
    );
    expect(result.publishedState).toBe('complete');
    expect(result.published.map(({ name }) => name).sort()).toEqual([
      `${registry.host}/${unique}:1`,
      `${registry.host}/mirror/${unique}:1`,
    ]);
    expect(new Set(result.published.map(({ digest }) => digest)).size).toBe(1);
    expect(result.source?.git?.commit).toBe(await repository.head());
    expect(await labelsOf(result.image?.id)).toMatchObject({ 'made.by': unique });
    expect(events.at(-1)).toMatchObject({ type: 'run.end', status: 'ok' });
    const kept = join(root, '.local/state/dock/runs', result.runId);
    expect(JSON.parse(readFileSync(join(kept, 'result.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(result)));
    expect(readdirSync(join(root, `dock-${process.getuid?.()}`))).toEqual([]);
  });

  test.each([['sub'], ['sub/Dockerfile'], ['sub/']])('takes the Dockerfile of %s', async (gitDockerfilePath) => {
    const result = await buildImageHere({ ...run, gitUrl: repository.url, image: `${unique}-sub`, gitDockerfilePath });
    expect(await labelsOf(throwIfFailed(result).image?.id)).toMatchObject({ where: 'sub' });
  });

  test('takes the base from a parent registry', async () => {
    const result = await buildImageHere({
      ...run,
      gitUrl: repository.url,
      image: `${unique}-parent`,
      gitDockerfilePath: 'parent',
      parentRegistry: registry.host,
    });
    expect(throwIfFailed(result).bases[0]).toMatchObject({ text: `${unique}/base:1`, digest: base.digest });
  });

  test.each([
    ['a commit that does not exist', { gitCommit: '0'.repeat(40) }, /GIT_REF_NOT_FOUND/],
    ['a ref that is an option', { gitCommit: '--upload-pack=x' }, /INVALID_GIT_REF/],
    ['a path out of the repository', { gitDockerfilePath: '../../etc' }, /PATH_ESCAPES_REPO|INVALID_GIT_URL/],
  ])('%s is in the result, and throwIfFailed throws it', async (_, parameters, code) => {
    const result = await buildImageHere({ ...run, gitUrl: repository.url, image: `${unique}-bad`, ...parameters });
    expect(result.status).toBe('failed');
    expect(result.error?.code).toMatch(code);
    expect(() => throwIfFailed(result)).toThrow(expect.objectContaining({ code: result.error?.code }));
  });
});

describe('buildImage and pushImage', () => {
  test('build a directory and push it later, without a rebuild', async () => {
    mkdirSync(join(root, 'context'));
    writeFileSync(join(root, 'context', 'Dockerfile'), `FROM ${base.reference}\nLABEL later=1\n`);
    const source = { kind: 'path', path: 'context' } as const;
    const built = throwIfFailed(await buildImage({ source, tags: [`${unique}-later:1`] }, run));
    expect(built.publishedState).toBe('none');
    const imageId = built.image?.id ?? '';
    const pushed = throwIfFailed(await pushImage({ ...run, imageId, tags: [`${registry.host}/${unique}/later:1`] }));
    expect(pushed.image?.id).toBe(imageId);
    expect(pushed.published[0]).toMatchObject({ isVerified: true, configDigest: built.image?.configDigest });
  });

  test('an ID that is no image publishes nothing and names nothing', async () => {
    const imageId = `sha256:${'0'.repeat(64)}`;
    const result = await pushImage({ ...run, imageId, tags: [`${registry.host}/${unique}/nothing:1`] });
    expect(result).toMatchObject({
      exitStatus: 2,
      publishedState: 'none',
      names: [],
      error: { code: 'IMAGE_NOT_FOUND', phase: 'build', hint: expect.stringContaining('docker images') },
    });
    expect(result.error?.message).toContain(imageId);
  });

  test('runs live plugins, and an abort cancels with its reason', async () => {
    const controller = new AbortController();
    const stop: DockPlugin = {
      name: 'stop',
      apply: ({ hooks }) => hooks.prebuild.tap('stop', () => controller.abort('SIGTERM')),
    };
    const result = await buildImageHere({
      ...run,
      gitUrl: repository.url,
      image: `${unique}-stop`,
      plugins: [stop],
      signal: controller.signal,
    });
    expect(result).toMatchObject({ status: 'cancelled', exitStatus: 143, error: { code: 'CANCELLED' } });
  });

  test('a parent registry beside a pull-base plugin of the caller is refused, not dropped', async () => {
    const { pullBase } = await import('@dock/plugin-pull-base');
    const result = await buildImageHere({
      ...run,
      gitUrl: repository.url,
      image: `${unique}-both`,
      plugins: [pullBase()],
      parentRegistry: registry.host,
    });
    expect(result.error).toMatchObject({ code: 'CONFIG_INVALID', phase: 'config' });
  });
});

describe('the predecessor’s InsideBuilder', () => {
  test('pulls, builds, describes and pushes, step by step', async () => {
    const image = `${unique}-inside:1`;
    const builder = new InsideBuilder({ ...run, gitUrl: repository.url, image, gitDockerfilePath: 'parent' });
    try {
      expect(await builder.pullBaseImage(registry.host)).toBe(`${unique}/base:1`);
      expect(builder.dfBaseImage).toBe(`${unique}/base:1`);
      expect(await builder.inspectBaseImage()).toMatchObject({ Id: builder.baseImageId });
      expect(await builder.getBaseImageInfo()).toMatchObject({ Id: builder.baseImageId });
      expect(await builder.build()).toBe(image);
      expect(builder.imageId).toMatch(/^sha256:/);
      expect(builder.lastLogs.join('\n')).toContain('FROM');
      expect(await builder.inspectBuiltImage()).toMatchObject({ Id: builder.imageId });
      expect(await builder.getBuiltImageInfo()).toMatchObject({ Id: builder.imageId });
      expect(await builder.pushBuiltImage(registry.host)).toBe(`${registry.host}/${image}`);
      expect(
        (await engineRequest(engine.socketPath, 'GET', `/distribution/${registry.host}/${image}/json`)).status,
      ).toBe(200);
    } finally {
      await builder.close();
    }
  });

  test('throws the error of a step that fails, and of one that comes too early', async () => {
    const builder = new InsideBuilder({
      ...run,
      gitUrl: repository.url,
      image: `${unique}-x`,
      gitDockerfilePath: 'bare',
    });
    await expect(builder.inspectBaseImage()).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(builder.inspectBuiltImage()).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(builder.pushBuiltImage(registry.host)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await builder.close();
  });
});

describe('the predecessor’s DockerBuildWorkflow', () => {
  test('runs plugins from files with their options, and keeps logs and reports', async () => {
    writeFileSync(
      join(root, 'note.mjs'),
      `export default ({ text }) => ({ name: 'note', apply(dock) {
        dock.hooks.prebuild.tap('note', (spec, context) => { context.report(text); });
        dock.hooks.postbuild.tap('note', (references, image, context) => { context.report(image.id); });
      } });`,
    );
    const workflow = new DockerBuildWorkflow({
      ...run,
      gitUrl: repository.url,
      image: `${unique}-flow:1`,
      targetRegistries: [registry.host],
      prebuildPlugins: { note: { text: 'noted' } },
      pluginFiles: ['note.mjs'],
    });
    const result = throwIfFailed(await workflow.buildDockerImage());
    expect(result.publishedState).toBe('complete');
    expect(workflow.prebuildResults).toMatchObject({ note: 'noted' });
    expect(workflow.postbuildResults).toMatchObject({ note: result.image?.id });
    expect(workflow.buildLogs.join('\n')).toContain('FROM');
    expect(await workflow.builder.inspectBuiltImage()).toMatchObject({ Id: result.image?.id });
    await workflow.builder.close();
    expect(workflow).toMatchObject({
      gitUrl: repository.url,
      image: `${unique}-flow:1`,
      repos: {},
      targetRegistries: [registry.host],
    });
  });

  test.each([
    ['no plugin of that name', { postbuildPlugins: { inspct: {} } }, 'PLUGIN_NOT_FOUND'],
    ['no such file', { pluginFiles: ['gone.mjs'] }, 'PLUGIN_NOT_FOUND'],
    ['options that are wrong', { prebuildPlugins: { 'pull-base': { polcy: 'never' } } }, 'CONFIG_INVALID'],
    ['options given twice', { prebuildPlugins: { test: {} }, prepublishPlugins: { test: {} } }, 'PLUGIN_INVALID'],
  ])('refuses %s', async (_, parameters, code) => {
    const workflow = new DockerBuildWorkflow({ ...run, gitUrl: repository.url, image: unique, ...parameters });
    await expect(workflow.buildDockerImage()).rejects.toMatchObject({ code });
  });
});

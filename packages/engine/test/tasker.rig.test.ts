import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { baseImage, sharedEngine, sharedGitServer, sharedRegistry, type SharedRigRegistry } from '@dock/testing';
import { DockerTasker } from '../src/index.js';
import { credentialsOf, endpointOf, errorOf } from './engine-fixture.js';

let directory: string;
let tasker: DockerTasker;
let registry: SharedRigRegistry;
const containers: string[] = [];
const images = new Set<string>();
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-tasker-rig-'));
  writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox:1\nCOPY Dockerfile /copied\nLABEL made=tasker\n');
  const engine = await sharedEngine();
  registry = await sharedRegistry();
  await baseImage(engine);
  tasker = new DockerTasker({ endpoint: endpointOf(engine.socketPath), credentials: credentialsOf() });
}, 120_000);
afterAll(async () => {
  for (const id of containers) await tasker.removeContainer(id, { force: true });
  for (const image of images) await tasker.removeImage(image, { force: true });
  await tasker.close();
  rmSync(directory, { recursive: true });
});

const host = { createOptions: { HostConfig: { NetworkMode: 'host' } } };
async function run(command: string): Promise<string> {
  const id = await tasker.run('busybox:1', { command, ...host });
  containers.push(id);
  return id;
}
async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const kept: string[] = [];
  for await (const line of lines) kept.push(line);
  return kept;
}

describe('containers', () => {
  test('run starts a container and wait tells its exit code', async () => {
    const id = await run("sh -c 'exit 7'");
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await tasker.wait(id)).toBe(7);
    expect(await tasker.wait(id)).toBe(7);
  });

  test('run leaves a container that does not start for the caller to remove', async () => {
    const error = await errorOf(tasker.run('busybox:1', { command: ['/nope'], ...host }));
    expect(error.code).toBe('CONTAINER_FAILED');
    const id = String(error.details?.container);
    containers.push(id);
    await tasker.removeContainer(id);
    await tasker.removeContainer(id);
    expect((await errorOf(tasker.wait(id))).code).toBe('CONTAINER_FAILED');
  });

  test('run of an image that is not there says so', async () => {
    expect((await errorOf(tasker.run('nothing:here'))).code).toBe('IMAGE_NOT_FOUND');
  });

  test('logs gives lines, as they come and as a list', async () => {
    const id = await run("sh -c 'id; echo; echo err >&2'");
    const streamed = await all(tasker.logs(id));
    expect(streamed.filter((line) => line.startsWith('uid='))).toHaveLength(1);
    expect(streamed).toContain('');
    const list = await tasker.logs(id, { stream: false });
    expect([...list].sort()).toEqual(streamed.filter((line) => line !== '').sort());
    expect(await tasker.logs(id, { stream: false, stderr: false })).not.toContain('err');
  });

  test('logs of output that is JSON is text', async () => {
    const id = await run(`echo '{"a":1}'`);
    await tasker.wait(id);
    expect(await tasker.logs(id, { stream: false })).toEqual(['{"a":1}']);
  });

  test('logs can be left early', async () => {
    const id = await run("sh -c 'echo up; sleep 100'");
    for await (const line of tasker.logs(id)) {
      expect(line).toBe('up');
      break;
    }
    await tasker.removeContainer(id, { force: true });
  });

  test('commitContainer makes an image', async () => {
    const id = await run("sh -c 'echo made > /made'");
    await tasker.wait(id);
    const image = await tasker.commitContainer(id, { repository: 'tasker-commit:1', message: 'made by hand' });
    images.add(image);
    expect(await tasker.imageExists('tasker-commit:1')).toBe(true);
    expect((await tasker.inspectImage(image)).Id).toBe(image);
    await tasker.removeImage('tasker-commit:1');
    expect(await tasker.imageExists(image)).toBe(false);
  });
});

describe('images', () => {
  test('imageExists and inspectImage tell what is there', async () => {
    expect(await tasker.imageExists('busybox:1')).toBe(true);
    expect(await tasker.imageExists('nothing:here')).toBe(false);
    expect((await errorOf(tasker.inspectImage('nothing:here'))).code).toBe('IMAGE_NOT_FOUND');
  });

  test('an engine that does not answer is an error, not "no image"', async () => {
    const nobody = new DockerTasker({ endpoint: endpointOf('/nonexistent.sock'), credentials: credentialsOf() });
    expect((await errorOf(nobody.imageExists('busybox:1'))).code).toBe('DAEMON_UNREACHABLE');
  });

  test('getImageInfo finds an image by ID and by name, with the tag apart or not', async () => {
    const { Id } = await tasker.inspectImage('busybox:1');
    expect(await tasker.getImageInfoByImageId(Id)).toMatchObject({
      Id,
      RepoTags: expect.arrayContaining(['busybox:1']) as unknown,
    });
    expect(await tasker.getImageInfoByImageId(`sha256:${'0'.repeat(64)}`)).toBeUndefined();
    expect(await tasker.getImageInfoByImageName('busybox', { tag: '1' })).toHaveLength(1);
    expect(await tasker.getImageInfoByImageName('busybox:1')).toHaveLength(1);
    expect(await tasker.getImageInfoByImageName('busybox', { tag: 'none' })).toEqual([]);
  });

  test('tagImage composes the name and returns it', async () => {
    const name = await tasker.tagImage('busybox:1', 'tasker-tag', { regUri: 'somewhere.example.com', tag: '1' });
    images.add(name);
    expect(name).toBe('somewhere.example.com/tasker-tag:1');
    expect(await tasker.imageExists(name)).toBe(true);
    expect(await tasker.tagImage(name, name)).toBe(name);
  });

  test('tagAndPushImage, pullImage and pushImage work against a registry, and lastLogs tells of it', async () => {
    const name = await tasker.tagAndPushImage('busybox:1', 'tasker-push', { regUri: registry.host, tag: '1' });
    images.add(name);
    expect(name).toBe(`${registry.host}/tasker-push:1`);
    expect(tasker.lastLogs.at(-1)).toMatch(/^1: digest: sha256:[0-9a-f]{64} size: \d+$/);
    expect(await tasker.pushImage(name)).toContain('Layer already exists');
    await tasker.removeImage(name);
    expect(await tasker.pullImage('tasker-push', { regUri: registry.host, tag: '1' })).toBe(name);
    expect(tasker.lastLogs.length).toBeGreaterThan(0);
    expect(await tasker.imageExists(name)).toBe(true);
  });

  test('a push that fails says why', async () => {
    const name = await tasker.tagImage('busybox:1', 'x', { regUri: '127.0.0.1:1', tag: '1' });
    images.add(name);
    const error = await errorOf(tasker.pushImage(name));
    expect(error.code).toBe('REGISTRY_UNREACHABLE');
    expect(error.message).toContain('connection refused');
  });
});

describe('builds', () => {
  test('buildImageFromPath builds a directory and names the image', async () => {
    images.add('tasker-path:1');
    const output = await tasker.buildImageFromPath(directory, 'tasker-path:1');
    expect(output).toContain('Successfully tagged tasker-path:1');
    expect(tasker.lastLogs.at(-1)).toBe('Successfully tagged tasker-path:1');
    expect(await tasker.inspectImage('tasker-path:1')).toMatchObject({ Config: { Labels: { made: 'tasker' } } });
  });

  test('buildImageFromPath streams, and the image is there when the stream is over', async () => {
    images.add('tasker-stream:1');
    const lines = await all(tasker.buildImageFromPath(directory, 'tasker-stream:1', { stream: true, useCache: true }));
    expect(lines.join('')).toContain('COPY Dockerfile');
    expect(await tasker.imageExists('tasker-stream:1')).toBe(true);
  });

  test('a failed build throws after its output and names nothing', async () => {
    const broken = mkdtempSync(join(directory, 'broken-'));
    writeFileSync(join(broken, 'Dockerfile'), 'FROM busybox:1\nRUN echo before; exit 3\n');
    const seen: string[] = [];
    const error = await errorOf(
      (async () => {
        for await (const text of tasker.buildImageFromPath(broken, 'tasker-broken:1', { stream: true }))
          seen.push(text);
      })(),
    );
    expect(error.code).toMatch(/^BUILD_/);
    expect(await tasker.imageExists('tasker-broken:1')).toBe(false);
  });

  test('buildImageFromGit builds a commit, copies the Dockerfile, and leaves no clone', async () => {
    const git = await sharedGitServer();
    const repository = await git.createRepository('tasker', {
      'sub/Dockerfile': 'FROM busybox:1\nLABEL commit=first\n',
    });
    const first = await repository.head();
    await repository.commit({ 'sub/Dockerfile': 'FROM busybox:1\nLABEL commit=second\n' });
    images.add('tasker-git:1');
    const copy = join(directory, 'copied');
    const options = { gitPath: 'sub', gitCommit: first, copyDockerfileTo: copy };
    await tasker.buildImageFromGit(repository.url, 'tasker-git:1', options);
    expect(await tasker.inspectImage('tasker-git:1')).toMatchObject({ Config: { Labels: { commit: 'first' } } });
    expect(readFileSync(copy, 'utf8')).toContain('commit=first');
    await all(tasker.buildImageFromGit(repository.url, 'tasker-git:1', { gitPath: 'sub/Dockerfile', stream: true }));
    expect(await tasker.inspectImage('tasker-git:1')).toMatchObject({ Config: { Labels: { commit: 'second' } } });
  });

  test('a path that leads out of the repository is refused', async () => {
    const git = await sharedGitServer();
    const repository = await git.createRepository('tasker-escape', { Dockerfile: 'FROM busybox:1\n' });
    const error = await errorOf(tasker.buildImageFromGit(repository.url, 'tasker-escape:1', { gitPath: '../..' }));
    expect(error.code).toBe('PATH_ESCAPES_REPO');
    expect(existsSync(join(directory, 'copied-escape'))).toBe(false);
  });
});

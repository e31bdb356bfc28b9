import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type RigGitServer, sharedGitServer, startGitServer } from '../src/index.js';

let directory: string;
const servers: RigGitServer[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-git-test-'));
});
afterEach(async () => {
  rmSync(directory, { recursive: true });
  for (const server of servers.splice(0)) await server.stop();
});

const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'credential.helper=', ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: directory, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();

test('anyone may clone from a server without auth: files, modes, links, branches and tags', async () => {
  const server = await sharedGitServer();
  const repository = await server.createRepository('group/app', {
    Dockerfile: 'FROM busybox:1\n',
    'bin/start': { content: '#!/bin/sh\n', mode: '100755' },
    link: { symlink: 'bin/start' },
    'with blank ü.txt': 'x',
  });
  const first = await repository.head();
  const second = await repository.commit({ Dockerfile: 'FROM busybox:2\n', 'with blank ü.txt': null }, 'second');
  const other = await repository.commit({ other: 'yes' }, 'other', 'feature/one');
  await repository.tag('v1', { at: first });
  await repository.tag('v2', { message: 'release' });

  git('clone', '--quiet', repository.url, 'app');
  const app = join(directory, 'app');
  expect(git('-C', app, 'rev-parse', 'HEAD')).toBe(second);
  expect(readFileSync(join(app, 'Dockerfile'), 'utf8')).toBe('FROM busybox:2\n');
  expect(lstatSync(join(app, 'bin/start')).mode & 0o111).toBe(0o111);
  expect(readlinkSync(join(app, 'link'))).toBe('bin/start');
  expect(existsSync(join(app, 'with blank ü.txt'))).toBe(false);
  expect(git('-C', app, 'rev-parse', 'v1', 'v2^{commit}', 'origin/feature/one').split('\n')).toEqual([
    first,
    second,
    other,
  ]);
});

test('a commit that no branch names can be fetched by its SHA', async () => {
  const server = await sharedGitServer();
  const repository = await server.createRepository('by-sha', { file: '1' });
  const lost = await repository.commit({ file: '2' }, 'lost', 'lost');
  await repository.branch('lost', 'main');
  git('init', '--quiet', '.');
  git('fetch', '--quiet', '--depth=1', repository.url, lost);
  expect(git('show', 'FETCH_HEAD:file')).toBe('2');
});

test('equal repositories have equal SHAs', async () => {
  const server = await sharedGitServer();
  const [one, other] = [
    await server.createRepository('same-1', { a: 'b' }),
    await server.createRepository('same-2', { a: 'b' }),
  ];
  expect(await one.head()).toBe(await other.head());
});

test('with auth only the right password opens, and requests are recorded with their user', async () => {
  const server = await startGitServer({ auth: { username: 'user', password: 'p@ss/word' } });
  servers.push(server);
  const repository = await server.createRepository('private', { secret: 'yes' });
  expect(() => git('clone', '--quiet', repository.url, 'refused')).toThrow(/could not read Username/);
  expect(() => git('clone', '--quiet', repository.url.replace('//', '//user:wrong@'), 'refused')).toThrow(
    /Authentication failed/,
  );
  git('clone', '--quiet', repository.urlWithCredentials, 'private');
  expect(readFileSync(join(directory, 'private/secret'), 'utf8')).toBe('yes');
  const requests = server.requests();
  expect(requests[0]).toMatchObject({
    method: 'GET',
    path: '/private.git/info/refs?service=git-upload-pack',
    status: 401,
  });
  expect(requests[0]).not.toHaveProperty('user');
  expect(requests.at(-1)).toMatchObject({
    method: 'POST',
    path: '/private.git/git-upload-pack',
    status: 200,
    user: 'user',
  });
});

test('a repository that is not there is refused', async () => {
  const server = await sharedGitServer();
  expect(() => git('clone', '--quiet', `${server.url}/nothing.git`)).toThrow(/not found/);
});

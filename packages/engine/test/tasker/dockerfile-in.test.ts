import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { dockerfileIn } from '../../src/tasker/build-for-tasker.js';

let root: string;
let repository: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'dock-tasker-')));
  repository = join(root, 'repository');
  for (const name of ['sub/deep', 'other']) mkdirSync(join(repository, name), { recursive: true });
  mkdirSync(join(root, 'outside'));
  writeFileSync(join(root, 'outside', 'Dockerfile'), 'FROM outside\n');
  writeFileSync(join(repository, 'Dockerfile'), 'FROM top\n');
  writeFileSync(join(repository, 'sub', 'Dockerfile'), 'FROM sub\n');
});
afterEach(() => rmSync(root, { recursive: true }));

const find = (given?: string, contextDir = repository) =>
  dockerfileIn({ kind: 'git', directory: repository, contextDir }, given);

test.each([
  [undefined, '', 'FROM top\n'],
  ['sub', 'sub', 'FROM sub\n'],
  ['sub/', 'sub', 'FROM sub\n'],
  ['sub/Dockerfile', 'sub', 'FROM sub\n'],
  ['sub/deep/../Dockerfile', 'sub', 'FROM sub\n'],
])('%j is the Dockerfile of "%s"', async (given, folder, text) => {
  expect(await find(given)).toEqual({
    contextDir: join(repository, folder),
    dockerfile: { path: join(repository, folder, 'Dockerfile'), text },
  });
});

test('a path counts from the context of the checkout', async () => {
  const { dockerfile } = await find('../sub', join(repository, 'other'));
  expect(dockerfile.text).toBe('FROM sub\n');
});

test.each(['../..', '../outside', '/etc'])('"%s" leads out', async (given) => {
  await expect(find(given)).rejects.toMatchObject({ code: 'PATH_ESCAPES_REPO' });
});

test.each(['linked', 'linked/', 'linked/Dockerfile'])('"%s" leads out by a link', async (given) => {
  symlinkSync(join(root, 'outside'), join(repository, 'linked'));
  await expect(find(given)).rejects.toMatchObject({ code: 'PATH_ESCAPES_REPO' });
});

test('a Dockerfile that is a link out is refused, and a FIFO never waits', async () => {
  symlinkSync(join(root, 'outside', 'Dockerfile'), join(repository, 'other', 'Dockerfile'));
  await expect(find('other')).rejects.toMatchObject({ code: 'PATH_ESCAPES_REPO' });
  execFileSync('mkfifo', [join(repository, 'sub', 'pipe')]);
  await expect(find('sub/pipe')).rejects.toMatchObject({ code: 'DOCKERFILE_INVALID' });
});

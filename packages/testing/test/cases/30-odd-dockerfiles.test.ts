import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { errorResponse } from '@dock/testing';
import { runCase } from './dock-case.js';
import { withFakeBuild } from './fake-build.js';
import { holdToPage } from './held-to-page.js';

holdToPage(30);

const given = withFakeBuild();

test.each([
  ['is missing', () => undefined, 'DOCKERFILE_NOT_FOUND', ['odd/Dockerfile']],
  ['is empty', (path: string) => writeFileSync(path, ''), 'DOCKERFILE_INVALID', ['odd/Dockerfile', 'empty']],
  ['is a directory', (path: string) => mkdirSync(path), 'DOCKERFILE_INVALID', ['odd/Dockerfile', 'director']],
  [
    'is a FIFO, which nobody writes to',
    (path: string) => execFileSync('mkfifo', [path]),
    'DOCKERFILE_INVALID',
    ['odd/Dockerfile', 'FIFO'],
  ],
  [
    'has 100 MiB',
    (path: string) => {
      writeFileSync(path, 'FROM busybox:1\n');
      truncateSync(path, 100 * 1024 ** 2);
    },
    'DOCKERFILE_INVALID',
    ['odd/Dockerfile', '104857600'],
  ],
] as const)('a Dockerfile that %s', async (_, make, code, says) => {
  const { project, fake, env } = given();
  mkdirSync(join(project.directory, 'odd'));
  make(join(project.directory, 'odd', 'Dockerfile'));
  await runCase(project, ['build', 'odd'], { status: 2, code, says }, { env });
  expect(fake.requests.some(({ path }) => path.endsWith('/build'))).toBe(false);
});

test('a Dockerfile that does not parse is the fault of the build, with its line', async () => {
  const { project, fake, env } = given();
  fake.on('POST', '/build', errorResponse(400, 'dockerfile parse error line 2: unknown instruction: RUNN'));
  project.write({ 'odd/Dockerfile': 'FROM busybox:1\nRUNN x\n' });
  await runCase(
    project,
    ['build', 'odd', '--builder', 'classic'],
    { status: 1, code: 'DOCKERFILE_SYNTAX', says: ['line 2', 'RUNN'] },
    { env },
  );
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sharedGitServer } from '@dock/testing';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(8);

let rig: Rig;
let project: Project;
let url: string;
beforeAll(async () => {
  rig = await openRig('08');
  project = createProject();
  const repository = await (await sharedGitServer()).createRepository(rig.unique, {
    Dockerfile: `FROM ${rig.base}\n`,
    'sub/file': '',
    escape: { symlink: '/etc/hostname' },
    up: { symlink: '../../../../../etc/hostname' },
  });
  ({ url } = repository);
});
afterAll(() => project.remove());

test.each([
  ['../../etc/passwd', '"../../etc/passwd"'],
  ['/etc/hostname', '"/etc/hostname"'],
  // Links to what is outside.
  ['escape', '"/etc/hostname"'],
  ['up', 'etc/hostname'],
])('the Dockerfile %s of a git source is refused, and nothing is read', async (file, says) => {
  const { result } = await runCase(
    project,
    ['build', url, '--file', file],
    { status: 2, code: 'PATH_ESCAPES_REPO', says: [says] },
    { engine: rig.engine },
  );
  expect(result.phases.some(({ phase }) => phase === 'build')).toBe(false);
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { fakeGit } from './fake-git.js';
import { holdToPage } from './held-to-page.js';

holdToPage(7);

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('07');
  project = createProject();
});
afterAll(() => project.remove());

test.each(['ext::sh -c "touch marker"', 'file:///etc', 'fd::17'])('the URL %s is refused', async (url) => {
  const git = fakeGit(project);
  await runCase(
    project,
    ['build', url],
    { status: 2, code: 'INVALID_GIT_URL', says: [/Allowed schemes are https, ssh/] },
    { engine: rig.engine, env: git.env },
  );
  expect(git.calls()).toEqual([]);
  expect(existsSync(join(project.directory, 'marker'))).toBe(false);
});

test('a plain path is a directory, never a repository to clone', async () => {
  await runCase(
    project,
    ['build', '/abs/path'],
    { status: 2, code: 'SOURCE_NOT_FOUND', says: ['"/abs/path"'] },
    { engine: rig.engine },
  );
});

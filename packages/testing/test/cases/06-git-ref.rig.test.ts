import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { fakeGit } from './fake-git.js';
import { holdToPage } from './held-to-page.js';

holdToPage(6);

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('06');
  project = createProject();
});
afterAll(() => project.remove());

test.each(['--upload-pack=touch x', '-B', 'with space', 'a..b', '@{'])(
  'the commit "%s" is refused before any process is started',
  async (ref) => {
    const git = fakeGit(project);
    await runCase(
      project,
      ['build', 'https://git.example.com/r.git', `--git-commit=${ref}`],
      { status: 2, code: 'INVALID_GIT_REF', says: [`"${ref}"`, /branch|commit/] },
      { engine: rig.engine, env: git.env },
    );
    expect(git.calls()).toEqual([]);
    expect(existsSync(join(project.directory, 'x'))).toBe(false);
  },
);

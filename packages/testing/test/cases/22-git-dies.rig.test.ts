import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sharedGitServer } from '@dock/testing';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { fakeGit } from './fake-git.js';
import { holdToPage } from './held-to-page.js';

holdToPage(22);

let rig: Rig;
let project: Project;
let url: string;
beforeAll(async () => {
  rig = await openRig('22');
  project = createProject();
  ({ url } = await (await sharedGitServer()).createRepository(rig.unique, { Dockerfile: `FROM ${rig.base}\n` }));
});
afterAll(() => project.remove());

test.each([
  ['is killed, as for memory', 'kill -9 $$', /SIGKILL|signal 9|137/],
  ['exits with 3 and says nothing', 'exit 3', /\b3\b/],
])('a git that %s while it fetches has cloned nothing', async (_, act, says) => {
  const git = fakeGit(project, `case " $* " in *" fetch "*) ${act};; esac`);
  const { result } = await runCase(
    project,
    ['build', url],
    { status: 3, code: 'GIT_CLONE_FAILED', says: [says] },
    { engine: rig.engine, env: git.env },
  );
  expect(git.calls().some((call) => call.includes(' fetch '))).toBe(true);
  expect(result.source).toBeUndefined();
});

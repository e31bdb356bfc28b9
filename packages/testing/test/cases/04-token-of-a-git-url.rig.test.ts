import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type RigGitServer, startGitServer } from '@dock/testing';
import { allText, createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(4);

const token = 't0k/en+with=strange:bytes';
const forms = [
  token,
  encodeURIComponent(token),
  Buffer.from(token).toString('base64').replace(/=+$/, ''),
  Buffer.from(`u:${token}`).toString('base64').replace(/=+$/, ''),
];
let rig: Rig;
let server: RigGitServer;
let project: Project;
beforeAll(async () => {
  rig = await openRig('04');
  server = await startGitServer({ auth: { username: 'u', password: 'right-password' } });
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());
afterAll(() => server.stop());

test.each([
  ['refuses it', (host: string) => `http://u:${encodeURIComponent(token)}@${host}/r.git`, 4, 'AUTH_FAILED'],
  ['does not answer', () => `http://u:${encodeURIComponent(token)}@127.0.0.1:1/r.git`, 3, 'GIT_CLONE_FAILED'],
] as const)('the token of a git URL is nowhere when the server %s', async (_, url, status, code) => {
  const { stdout, stderr, result } = await runCase(
    project,
    ['build', url(new URL(server.url).host)],
    { status, code, says: [/127\.0\.0\.1/] },
    { engine: rig.engine, env: { DEBUG: '*', GIT_TRACE: '1', GIT_CURL_VERBOSE: '1' } },
  );
  expect(result.error?.message).toMatch(/xxxxx|\*\*\*/);
  const everything = `${stdout}\n${stderr}\n${allText(project.home)}`;
  expect(forms.filter((form) => everything.includes(form))).toEqual([]);
});

import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createProject, type Project, runCase } from './dock-case.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(26);

let project: Project;
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

const env = { DOCKER_HOST: 'unix:///nobody/listens.sock' };

test.each([
  ['throws', '\nthrow new Error("boom");', /dock\.config\.ts:2:\d+": boom/],
  [
    'throws ENOENT',
    'import { readFileSync } from "node:fs";\nreadFileSync("/nope");\nexport default {};',
    /dock\.config\.ts:2:\d+": ENOENT.*\/nope/,
  ],
  ['has a syntax error', 'export default {\n  a: 1\n  b: 2\n};', /dock\.config\.ts:3:\d+": syntax error/],
  [
    'exports a function that rejects',
    '\nexport default async () => {\n  throw new Error("late");\n};',
    /dock\.config\.ts:3:\d+": late/,
  ],
])('a dock.config.ts that %s is an error and never "no config"', async (_, text, says) => {
  project.write({ 'dock.config.ts': text, Dockerfile: 'FROM busybox:1\n' });
  const { result } = await runCase(project, ['build', '.'], { status: 2, code: 'CONFIG_ERROR', says: [says] }, { env });
  expect(result.phases).toEqual([expect.objectContaining({ phase: 'config', status: 'failed' })]);
});

test('a dock.config.ts in a directory that cannot be written is read all the same', async () => {
  project.write({ 'dock.config.ts': 'export default { target: "x" as string };' });
  chmodSync(project.directory, 0o555);
  const { status, stdout } = await project.run(['config', '--json'], { env });
  chmodSync(project.directory, 0o755);
  sawOutcome(status);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ config: { target: 'x' } });
});

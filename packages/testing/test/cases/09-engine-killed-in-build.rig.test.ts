import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { baseImage, engineRequest, type RigEngine, type RigImage, startEngine } from '@dock/testing';
import type { GcReport } from '../../../api/src/index.js';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { lastResult, startRun, workDirectories } from './started-run.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(9);

let engine: RigEngine;
let base: RigImage;
let project: Project;
let env: Record<string, string>;
beforeAll(async () => {
  engine = await startEngine({ version: '20.10' });
  base = await baseImage(engine);
  env = { DOCKER_HOST: engine.host };
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());
afterAll(() => engine.stop());

const containers = async () =>
  (await engineRequest(engine.socketPath, 'GET', '/containers/json?all=1')).json() as { Id: string }[];

test('an engine that is killed in a build is DAEMON_LOST within 5 s, its log is kept, and gc removes what it left', async () => {
  project.write({ 'context/Dockerfile': `FROM ${base.reference}\nRUN echo it-runs; sleep 600\n` });
  const args = ['build', 'context', '--builder', 'classic', '--network', 'host', '--json', '--progress', 'rawjson'];
  const run = startRun(project, args, { env });
  await run.untilSaid(/"step\.log".*it-runs/);
  await engine.kill();
  const began = performance.now();
  const { status, stdout } = await run.outcome;
  expect(performance.now() - began).toBeLessThan(5000);
  expect(status).toBe(3);
  const result = lastResult(project);
  sawOutcome(status, result.error?.code);
  expect(JSON.parse(stdout)).toEqual(result);
  expect(result.error).toMatchObject({ code: 'DAEMON_LOST', phase: 'build' });
  expect(result.error?.message).toContain(engine.host);
  expect(result.error?.hint).toMatch(/Containers that may be left: [0-9a-f]{12}/);
  expect(readFileSync(result.logFile ?? '', 'utf8')).toContain('it-runs');
  expect(workDirectories(project)).toEqual([]);

  await engine.restart();
  expect((await containers()).length).toBe(1);
  const { stdout: collected } = await project.run(['gc', '--json'], { env });
  const { removed, kept, failed } = JSON.parse(collected) as GcReport;
  expect([removed.map(({ kind, role }) => [kind, role]), kept, failed]).toEqual([
    [['container', 'build step']],
    [],
    [],
  ]);
  expect(await containers()).toEqual([]);
});

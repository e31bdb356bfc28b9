import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { baseImage, listLeftovers, type RigEngine, startEngine } from '@dock/testing';
import type { GcReport } from '../../../api/src/index.js';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { lastResult, startRun } from './started-run.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(10);

let engine: RigEngine;
let project: Project;
beforeAll(async () => {
  engine = await startEngine({ version: '20.10' });
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());
afterAll(() => engine.stop());

test('an engine that is killed while a container runs is DAEMON_LOST within 40 s, and gc removes the container', async () => {
  const base = await baseImage(engine);
  const env = { DOCKER_HOST: engine.host };
  project.write({
    'context/Dockerfile': `FROM ${base.reference}\n`,
    'dock.config.mjs': `import { test } from '@dock/plugin-test';
      export default { source: 'context', plugins: [test({ command: ['sleep', '600'], network: 'none' })] };`,
  });
  const run = startRun(project, ['build', '--json', '--progress', 'rawjson'], { env });
  await run.untilSaid(/"plugin\.start","plugin":"test"/);
  while ((await listLeftovers(engine)).containers.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  await engine.kill();
  const began = performance.now();
  const { status } = await run.outcome;
  expect(performance.now() - began).toBeLessThan(40_000);
  const { error, image, runId } = lastResult(project);
  sawOutcome(status, error?.code);
  expect([status, error?.code, error?.phase]).toEqual([3, 'DAEMON_LOST', 'prepublish']);
  // What was built is not lost.
  expect(image?.id).toMatch(/^sha256:/);

  await engine.restart();
  const { stdout } = await project.run(['gc', '--json'], { env });
  const { removed, failed } = JSON.parse(stdout) as GcReport;
  expect([removed, failed]).toEqual([
    [{ kind: 'container', id: expect.stringMatching(/^[0-9a-f]{64}$/), run: runId, role: 'test' }],
    [],
  ]);
  expect((await listLeftovers(engine)).containers).toEqual([]);
});

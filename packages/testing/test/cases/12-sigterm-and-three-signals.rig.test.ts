import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { baseImage, type RigEngine, startEngine } from '@dock/testing';
import type { GcReport } from '../../../api/src/index.js';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { lastResult, startRun, workDirectories } from './started-run.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(12);

let engine: RigEngine;
let project: Project;
let env: Record<string, string>;
beforeAll(async () => {
  engine = await startEngine({ version: '20.10' });
  await baseImage(engine);
  env = { DOCKER_HOST: engine.host };
});
beforeEach(() => {
  project = createProject({ 'context/Dockerfile': 'FROM busybox:1\nRUN echo it-runs; sleep 600\n' });
});
afterEach(() => project.remove());
afterAll(() => engine.stop());

const args = ['build', 'context', '--network', 'host', '--builder', 'classic', '--progress', 'rawjson'];

test('SIGTERM with standard output closed cancels, cleans up and exits with 143', async () => {
  const run = startRun(project, [...args, '--json'], { env });
  run.child.stdout?.destroy();
  await run.untilSaid(/"step\.log".*it-runs/);
  run.child.kill('SIGTERM');
  const [status] = (await once(run.child, 'exit')) as [number | null];
  sawOutcome(status, lastResult(project).error?.code);
  expect(status).toBe(143);
  expect(lastResult(project)).toMatchObject({
    status: 'cancelled',
    exitStatus: 143,
    error: { code: 'CANCELLED', phase: 'build' },
  });
  expect(workDirectories(project)).toEqual([]);
});

test('SIGINT with standard error closed too does the same with 130', async () => {
  const run = startRun(project, [...args, '--json'], { env });
  await run.untilSaid(/"step\.log".*it-runs/);
  run.child.stdout?.destroy();
  run.child.stderr?.destroy();
  run.child.kill('SIGINT');
  const [status] = (await once(run.child, 'exit')) as [number | null];
  sawOutcome(status, lastResult(project).error?.code);
  expect(status).toBe(130);
  expect(lastResult(project)).toMatchObject({ status: 'cancelled', exitStatus: 130, error: { phase: 'build' } });
});

test('a second SIGINT, with standard output closed, gives up what is still being undone, and says so', async () => {
  project.write({
    'dock.config.mjs': `export default { source: 'context', plugins: [{ name: 'deaf', apply({ hooks }) {
      hooks.prebuild.tap('deaf', (spec, { signal, onCleanup }) => new Promise((resolve) => {
        onCleanup('never undone', () => new Promise((done) => setTimeout(done, 600_000)));
        signal.addEventListener('abort', () => resolve());
        console.error('deaf runs');
      }));
    } }] };`,
  });
  const run = startRun(project, ['build', '--progress', 'plain', '--json'], { env });
  run.child.stdout?.destroy();
  await run.untilSaid(/deaf runs/);
  run.child.kill('SIGINT');
  await run.untilSaid(/SIGINT: cancelling; once more to stop waiting/);
  const exited = once(run.child, 'exit');
  run.child.kill('SIGINT');
  await run.untilSaid(/SIGINT: not waiting any longer/);
  expect(await exited).toEqual([130, null]);
  const { warnings, ...result } = lastResult(project);
  expect(result).toMatchObject({ status: 'cancelled', exitStatus: 130, error: { code: 'CANCELLED' } });
  expect(warnings).toContainEqual(
    expect.objectContaining({ plugin: 'deaf', message: expect.stringContaining('"deaf: never undone"') }),
  );
});

test('three quick SIGINTs end the process at once with 130, and what is left is said and can be collected', async () => {
  project.write({
    'dock.config.mjs': `const deaf = () => new Promise((resolve) => setTimeout(resolve, 600_000));
      export default { source: 'context', plugins: [{ name: 'deaf', apply({ hooks }) {
        hooks.prebuild.tap('deaf', deaf);
        hooks.cleanup.tap('deaf', deaf);
      } }] };`,
  });
  const run = startRun(project, ['build', '--progress', 'rawjson', '--json'], { env });
  await run.untilSaid(/"plugin\.start","plugin":"deaf","hook":"prebuild"/);
  run.child.kill('SIGINT');
  await run.untilSaid(/"plugin\.start","plugin":"deaf","hook":"cleanup"|"phase\.end","phase":"prebuild"/);
  const began = performance.now();
  // Signals that come before the last was heard count as one: they are sent until the process is gone.
  const again = setInterval(() => run.child.kill('SIGINT'), 50);
  const { status, stdout } = await run.outcome.finally(() => clearInterval(again));
  expect(performance.now() - began).toBeLessThan(5000);
  sawOutcome(status, lastResult(project).error?.code);
  expect(status).toBe(130);
  const result = lastResult(project);
  expect(JSON.parse(stdout)).toEqual(result);
  expect(result).toMatchObject({ status: 'cancelled', error: { hint: expect.stringContaining('"dock gc"') } });
  const { stdout: collected } = await project.run(['gc', '--json'], { env });
  expect((JSON.parse(collected) as GcReport).status).toBe('ok');
  expect(workDirectories(project)).toEqual([]);
});

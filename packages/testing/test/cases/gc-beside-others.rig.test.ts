import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { baseImage, listLeftovers, type RigEngine, startEngine } from '@dock/testing';
import type { GcReport } from '../../../api/src/index.js';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { lastResult, startRun, type StartedRun } from './started-run.js';

// dock gc looks at a whole engine, so this one is nobody else's.
let engine: RigEngine;
let project: Project;
let env: Record<string, string>;
beforeAll(async () => {
  engine = await startEngine({ version: '20.10' });
  await baseImage(engine);
  env = { DOCKER_HOST: engine.host };
});
beforeEach(() => {
  // A gate that runs until the file is there.
  project = createProject({
    'context/Dockerfile': 'FROM busybox:1\n',
    'dock.config.mjs': `import { existsSync } from 'node:fs';
      import { test } from '@dock/plugin-test';
      const wait = async () => { while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 50)); };
      export default { source: 'context', plugins: [
        test({ command: ['sleep', '600'], network: 'none', optional: true, timeoutMs: 600_000 }),
        { name: 'wait', apply({ hooks }) { hooks.postbuild.tap('wait', wait); } },
      ] };`,
  });
});
afterEach(() => project.remove());
afterAll(() => engine.stop());

/** Start a run and wait until its gate has a container. */
async function startInGate(under?: readonly [string, ...string[]]): Promise<StartedRun> {
  const before = (await listLeftovers(engine)).containers.length;
  const args = ['build', '--progress', 'rawjson', '--json'];
  const run = startRun(project, args, { env, ...(under === undefined ? {} : { under }) });
  await run.untilSaid(/"plugin\.start","plugin":"test"/);
  while ((await listLeftovers(engine)).containers.length === before)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return run;
}

const gc = async (under?: readonly [string, ...string[]]): Promise<GcReport> => {
  const { stdout, stderr } = await project.run(['gc', '--json'], { env, ...(under === undefined ? {} : { under }) });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as GcReport;
};

test('gc leaves a run that is building alone', async () => {
  const run = await startInGate();
  const { removed, kept } = await gc();
  expect(removed).toEqual([]);
  expect(kept).toContainEqual(expect.objectContaining({ kind: 'container', why: 'its process is alive' }));
  expect((await listLeftovers(engine)).containers.length).toBe(1);
  run.child.kill('SIGINT');
  expect((await run.outcome).status).toBe(130);
  expect(lastResult(project).status).toBe('cancelled');
  // A cancelled run gives its cleanup a few seconds. What a busy engine does not do in them is left to gc.
  await gc();
  expect((await listLeftovers(engine)).containers).toEqual([]);
});

test('two pid namespaces with one host name: each gc leaves the other alone, in both directions', async () => {
  // One sees its own processes, the other those of the machine.
  const namespaces = [
    ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ['unshare', '--pid', '--fork', '--kill-child'],
  ] as const;
  const runs = [await startInGate(), await startInGate(namespaces[0]), await startInGate(namespaces[1])];
  for (const under of [undefined, ...namespaces]) {
    const { removed, failed } = await gc(under);
    expect([removed, failed]).toEqual([[], []]);
  }
  expect((await listLeftovers(engine)).containers.length).toBe(3);
  for (const { child } of runs) child.kill('SIGKILL');
  await Promise.all(runs.map(({ outcome }) => outcome));
  // Each is collected only by its own: what a dead namespace left goes by its age.
  expect((await gc(namespaces[0])).removed).toEqual([]);
  expect((await gc()).removed.filter(({ kind }) => kind === 'container').length).toBe(1);
  const old = await project.run(['gc', '--json', '--older-than', '1ms'], { env });
  expect((JSON.parse(old.stdout) as GcReport).removed.filter(({ kind }) => kind === 'container').length).toBe(2);
  expect((await listLeftovers(engine)).containers).toEqual([]);
});

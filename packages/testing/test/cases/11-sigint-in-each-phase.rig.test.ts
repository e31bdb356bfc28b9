import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { baseImage, sharedRegistry, startEngine, startRegistryProxy } from '@dock/testing';
import { createProject } from '../../../cli/test/run-dock.js';
import { waitUntil } from '../../src/rig/wait-until.js';
import { cancelLimitMs, judgeCell } from '../matrix/judge-cell.js';
import { points } from '../matrix/points.js';
import { type MatrixRig, runCell } from '../matrix/run-cell.js';
import { lastResult, processesLeft, startRun, workDirectories } from './started-run.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(11);

let rig: MatrixRig;
beforeAll(async () => {
  const [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
  rig = { engine, registry };
});
afterAll(() => rig.engine.stop());

test.each(points.map((point) => [point.name, point] as const))(
  'SIGINT in %s: 130, a result that says cancelled and where, and nothing is left',
  async (_, point) => {
    const cell = { runner: 'here', point, fault: 'SIGINT' } as const;
    const outcome = await runCell(rig, cell);
    sawOutcome(Number(outcome.status), outcome.result?.error?.code);
    expect(judgeCell(cell, outcome)).toEqual([]);
    expect(outcome.gc.removed).toEqual([]);
  },
);

test('SIGINT after the registry has taken the manifest, before it says so: 130, and the result tells what is out', async () => {
  const { engine, registry } = rig;
  const name = `case-11-${process.pid}-${Date.now().toString(36)}`;
  const base = await baseImage(engine, { name: `${name}/base:1`, files: { '/salt': name } });
  const proxy = await startRegistryProxy({ target: registry.host });
  const project = createProject();
  try {
    proxy.addRule({ method: 'PUT', path: /\/manifests\//, holdAnswer: true });
    project.write({ 'context/Dockerfile': `FROM ${base.reference}\n` });
    const args = ['build', 'context', '--tag', `${proxy.host}/${name}:1`, '--push', '--progress', 'none'];
    const run = startRun(project, args, { env: { DOCKER_HOST: engine.host } });
    await waitUntil(
      async () =>
        proxy.requests.some(
          ({ method, path, status }) => method === 'PUT' && /\/manifests\//.test(path) && status === 201,
        ),
      {
        timeoutMs: 60_000,
        subject: 'the manifest in the registry',
      },
    );
    const began = performance.now();
    run.child.kill('SIGINT');
    expect((await run.outcome).status).toBe(130);
    expect(performance.now() - began).toBeLessThanOrEqual(cancelLimitMs);
    expect(lastResult(project)).toMatchObject({
      status: 'cancelled',
      publishedState: 'complete',
      published: [{ name: `${proxy.host}/${name}:1`, isVerified: true }],
      error: { code: 'CANCELLED', phase: 'push' },
    });
    expect([...workDirectories(project), ...processesLeft(project)]).toEqual([]);
  } finally {
    project.remove();
    await proxy.stop();
  }
});

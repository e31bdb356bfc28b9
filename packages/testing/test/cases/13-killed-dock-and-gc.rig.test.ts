import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  baseImage,
  engineRequest,
  listLeftovers,
  type RigImage,
  type RigEngine,
  type SharedRigRegistry,
  sharedRegistry,
  startEngine,
  startRegistryProxy,
} from '@dock/testing';
import type { GcReport } from '../../../api/src/index.js';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { lastResult, runDirectories, startRun, workDirectories } from './started-run.js';
import { holdToPage, sawOutcome } from './held-to-page.js';

holdToPage(13);

const unique = `case13-${process.pid}`;
// dock gc looks at a whole engine, so this one is nobody else's.
let engine: RigEngine;
let registry: SharedRigRegistry;
let base: RigImage;
let project: Project;
let env: Record<string, string>;

beforeAll(async () => {
  [engine, registry] = await Promise.all([startEngine({ version: '20.10' }), sharedRegistry()]);
  base = await baseImage(registry, { name: `${unique}/busybox:1` });
  await baseImage(engine, { name: 'local:1' });
  env = { DOCKER_HOST: engine.host };
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());
afterAll(() => engine.stop());

const gc = async (...args: string[]): Promise<GcReport> => {
  const { stdout, stderr } = await project.run(['gc', '--json', ...args], { env });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as GcReport;
};

/** What is still there of one run. */
const leftOf = async (run: string) => {
  const { containers, volumes, networks } = await listLeftovers(engine, run);
  return [...containers, ...volumes, ...networks];
};

const tagsLike = async (text: string): Promise<string[]> =>
  ((await engineRequest(engine.socketPath, 'GET', '/images/json')).json() as { RepoTags: string[] | null }[])
    .flatMap(({ RepoTags }) => RepoTags ?? [])
    .filter((tag) => tag.includes(text));

async function createForeign(image: string, labels: Record<string, string>): Promise<string> {
  const answer = await engineRequest(engine.socketPath, 'POST', '/containers/create', {
    Image: image,
    Cmd: ['true'],
    Labels: labels,
  });
  expect(answer.status).toBe(201);
  return (answer.json() as { Id: string }).Id;
}

/** A gate that runs for ever in a labelled container. */
const gateConfig = `import { test } from '@dock/plugin-test';
  export default { source: 'context', plugins: [test({ command: ['sleep', '600'], network: 'none' })] };`;

async function killInGate(): Promise<string> {
  project.write({ 'dock.config.mjs': gateConfig, 'context/Dockerfile': `FROM ${base.reference}\nLABEL a=${unique}\n` });
  const run = startRun(project, ['build', '--progress', 'rawjson'], { env });
  await run.untilSaid(/"type":"plugin\.start","plugin":"test"/);
  const id = runDirectories(project).at(-1)?.split('/').at(-1) ?? '';
  while ((await leftOf(id)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  run.child.kill('SIGKILL');
  await run.outcome;
  return id;
}

test('dock gc removes what a killed gate left, writes its result, and touches nothing that is foreign or alive', async () => {
  const run = await killInGate();
  const labels = (identity: Record<string, string>) => ({ 'io.dock.run': `other-${unique}`, ...identity });
  const [container = ''] = (await listLeftovers(engine, run)).containers;
  const raw = (await engineRequest(engine.socketPath, 'GET', `/containers/${container}/json`)).json() as {
    Config: { Labels: Record<string, string> };
  };
  const own = raw.Config.Labels;
  const image = 'local:1';
  const reused = await createForeign(
    image,
    labels({ ...own, 'io.dock.run': 'reused', 'io.dock.pid': '1', 'io.dock.start': '0' }),
  );
  const kept = [
    await createForeign(image, labels({ ...own, 'io.dock.machine': 'another', 'io.dock.run': 'elsewhere' })),
    await createForeign(image, labels({ ...own, 'io.dock.pidns': 'pid:[1]', 'io.dock.run': 'other-namespace' })),
    await createForeign(image, labels({})),
    await createForeign(image, labels(await ownLabels())),
    // Of the same dead process; what `--keep` leaves has this label.
    await createForeign(image, labels({ ...own, 'io.dock.run': 'to-be-kept', 'io.dock.keep': '1' })),
  ];
  const committed = `${unique}/committed:1`;
  await engineRequest(engine.socketPath, 'POST', `/commit?container=${container}&repo=${unique}/committed&tag=1`, {
    body: {},
  });
  const inherited = await createForeign(committed, {});
  kept.push(inherited);

  const dry = await gc('--dry-run');
  expect(dry.removed).toContainEqual({ kind: 'container', id: container, run, role: 'test' });
  const resultFile = join(runDirectories(project).at(-1) ?? '', 'result.json');
  expect([dry.isDryRun, new Set(await leftOf(run)), existsSync(resultFile)]).toEqual([
    true,
    new Set([container, inherited]),
    false,
  ]);

  const report = await gc();
  sawOutcome(report.exitStatus, report.error?.code);
  expect([report.status, report.exitStatus, report.failed]).toEqual(['ok', 0, []]);
  expect(report.removed).toContainEqual({ kind: 'container', id: container, run, role: 'test' });
  // The number of its process was given out again.
  expect(report.removed).toContainEqual(expect.objectContaining({ id: reused }));
  expect(await leftOf(run)).toEqual([inherited]);
  expect(workDirectories(project)).toEqual([]);
  for (const id of kept)
    expect((await engineRequest(engine.socketPath, 'GET', `/containers/${id}/json`)).status).toBe(200);
  // Who lives and who cannot be told is named; the container whose labels come from a committed image is none of ours.
  const named = report.kept.map(({ id }) => id);
  expect(kept.map((id) => named.includes(id))).toEqual([true, true, true, true, true, false]);
  const dead = lastResult(project);
  sawOutcome(dead.exitStatus, dead.error?.code);
  expect(dead).toMatchObject({
    runId: run,
    status: 'failed',
    exitStatus: 3,
    error: { code: 'RUN_DIED', phase: 'prepublish', message: expect.stringContaining(run) },
    image: { id: expect.stringMatching(/^sha256:/) },
    phases: expect.arrayContaining([expect.objectContaining({ phase: 'build', status: 'ok' })]),
  });
  expect((await gc()).removed).toEqual([]);
  const [, , , alive, toBeKept] = kept;
  const old = (await gc('--older-than', '1ms')).removed.map(({ id }) => id);
  expect([old.includes(toBeKept ?? ''), old.includes(alive ?? '')]).toEqual([true, false]);
});

/** The labels of a process that is alive: this one. */
async function ownLabels(): Promise<Record<string, string>> {
  const { processIdentity } = await import('@dock/core');
  const { machine = '', boot = '', pidNamespace = '', pid, startTicks = '' } = processIdentity();
  return {
    'io.dock.run': 'this-test',
    'io.dock.machine': machine,
    'io.dock.boot': boot,
    'io.dock.pidns': pidNamespace,
    'io.dock.pid': String(pid),
    'io.dock.start': startTicks,
  };
}

test('the next run does so by itself, and says what it removed', async () => {
  const run = await killInGate();
  project.write({ 'next/Dockerfile': `FROM ${base.reference}\n` });
  const { status, stderr } = await project.run(['build', 'next', '--no-config', '--progress', 'rawjson'], { env });
  expect([status, stderr]).toEqual([0, expect.stringContaining(`Removed what the killed run \\"${run}\\" had left`)]);
  expect(await leftOf(run)).toEqual([]);
  const [first = ''] = runDirectories(project);
  expect([existsSync(join(first, 'result.json')), existsSync(join(first, 'state.ndjson'))]).toEqual([true, false]);
});

test('names that a killed push had lent and a killed build had made up are taken back', async () => {
  const proxy = await startRegistryProxy({ target: registry.host });
  try {
    proxy.addRule({ method: 'PUT', path: /\/manifests\//, stall: true });
    project.write({ 'context/Dockerfile': `FROM ${base.reference}\nRUN echo ${unique} > /pushed\n` });
    const target = `${proxy.host}/${unique}`;
    const before = await baseImage(engine, { name: `${target}/app:1`, files: { '/before': unique } });
    const args = ['build', 'context', '--network', 'host', '--tag', 'app:1', '--target-registry', target];
    const run = startRun(project, [...args, '--progress', 'rawjson'], { env });
    await run.untilSaid(/"type":"push\.progress"/);
    run.child.kill('SIGKILL');
    await run.outcome;
    const idOf = async (name: string) =>
      ((await engineRequest(engine.socketPath, 'GET', `/images/${name}/json`)).json() as { Id: string }).Id;
    expect(await idOf(`${target}/app:1`)).not.toBe(before.id);
    const report = await gc();
    expect(report.removed).toContainEqual(expect.objectContaining({ kind: 'name', id: `${target}/app:1` }));
    expect(await idOf(`${target}/app:1`)).toBe(before.id);
    expect(await tagsLike('dock-base/')).toEqual([]);
    expect(lastResult(project)).toMatchObject({
      publishedState: 'partial',
      error: { code: 'RUN_DIED', phase: 'push' },
    });
  } finally {
    await proxy.stop();
  }
});

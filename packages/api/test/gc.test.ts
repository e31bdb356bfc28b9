import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { collectGarbage } from '@dock/api';
import { type BuildResult, processIdentity, type SavedState } from '@dock/core';
import { connectEngine, connectLeftovers } from '@dock/engine';
import { errorResponse, type FakeEngine, jsonResponse, startFakeEngine } from '@dock/testing';
import { collectNotes } from '../src/gc/collect-run.js';
import { Findings } from '../src/gc/findings.js';

let directory: string;
let engine: FakeEngine;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-gc-'));
  engine = await startFakeEngine();
});
afterEach(async () => {
  await engine.stop();
  rmSync(directory, { recursive: true, force: true });
});

const collect = (more: object = {}) =>
  collectGarbage({
    host: engine.host,
    stateDir: join(directory, 'state'),
    env: { TMPDIR: directory, HOME: directory },
    cwd: directory,
    ...more,
  });

/** What a process that is gone has written on what it made: this one's number was given out before. */
function labelsOfGone(): Readonly<Record<string, string>> {
  const { machine = '', boot = '', pidNamespace = '', pid } = processIdentity();
  return {
    'io.dock.machine': machine,
    'io.dock.boot': boot,
    'io.dock.pidns': pidNamespace,
    'io.dock.pid': String(pid),
    'io.dock.start': '1',
  };
}

describe('gc', () => {
  test('leaves the container of "run" to its script, and removes it by its age', async () => {
    const made = { ...labelsOfGone(), 'io.dock.run': 'r', 'io.dock.role': 'tasker' };
    engine.on('GET', '/containers/json', jsonResponse([{ Id: 'mine', Labels: made, Created: 1 }]));
    engine.on('GET', '/volumes', jsonResponse({ Volumes: [] }));
    engine.on('GET', '/networks', jsonResponse([]));
    engine.on('DELETE', '/containers/mine', { status: 204, body: [] });
    const kept = await collect();
    expect(kept).toMatchObject({ status: 'ok', removed: [], kept: [{ id: 'mine' }] });
    expect((await collect({ olderThanMs: 1000 })).removed).toEqual([expect.objectContaining({ id: 'mine' })]);
  });

  test('removes a container of a build step whose start was lost with its engine, though it runs', async () => {
    const Created = new Date().toISOString();
    const State = { Running: true, StartedAt: '0001-01-01T00:00:00Z' };
    engine.on('GET', '/containers/step/json', jsonResponse({ Id: 'step', Created, State }));
    engine.on('DELETE', '/containers/step', { status: 204, body: [] });
    const leftovers = await connectLeftovers({
      ...(await endpointOf(engine)),
      credentials: { get: async () => undefined },
    });
    await expect(leftovers.removeStepContainer('step', new Date(Created))).resolves.toBe(true);
    const removals = engine.requests.filter(({ method }) => method === 'DELETE');
    expect(removals.map(({ query }) => query.get('force'))).toEqual(['true']);
    leftovers.close();
  });

  test.each<[string, () => void]>([
    ['still runs', () => undefined],
    ['cannot be removed', () => engine.on('DELETE', '/containers/step', errorResponse(500, 'no'))],
  ])('does not forget a container of a build step that %s', async (what, prepare) => {
    const Created = new Date().toISOString();
    const State = { Running: what === 'still runs' };
    engine.on('GET', '/containers/step/json', jsonResponse({ Id: 'step', Created, State }));
    prepare();
    const options = { ...(await endpointOf(engine)), credentials: { get: async () => undefined } };
    const leftovers = await connectLeftovers(options);
    const port = await connectEngine(options);
    const findings = new Findings();
    const state = {
      run: 'r',
      startedAt: Created,
      notes: [{ kind: 'container', id: 'step' }],
    } as unknown as SavedState;
    // The time that a start may be held up by what others left.
    const access = { engine: port, leftovers, signal: AbortSignal.timeout(500) };
    await expect(collectNotes(state, access, findings, false)).resolves.toBe(false);
    expect(findings.removed).toEqual([]);
    leftovers.close();
    await port.close();
  });

  test.each<[string, boolean]>([
    ['is there', true],
    ['did not arrive', false],
  ])(
    'tells of an image that a killed run was loading and that %s, in its result too, and removes none',
    async (_what, isThere) => {
      const image = `sha256:${'a'.repeat(64)}`;
      const state = join(directory, 'state');
      mkdirSync(join(state, 'r'), { recursive: true });
      const lines = [
        {
          v: 1,
          run: 'r',
          runner: 'privileged',
          startedAt: new Date().toISOString(),
          identity: { ...processIdentity(), startTicks: '1' },
        },
        { engine: engine.host },
        { note: 1, what: { kind: 'loaded-image', image, names: ['app:1'] } },
      ];
      writeFileSync(join(state, 'r', 'state.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      engine.on('GET', '/containers/json', jsonResponse([]));
      engine.on('GET', '/volumes', jsonResponse({ Volumes: [] }));
      engine.on('GET', '/networks', jsonResponse([]));
      engine.on(
        'GET',
        `/images/${image}/json`,
        isThere ? jsonResponse({ Id: image, RootFS: {} }) : errorResponse(404, 'no such image'),
      );
      const report = await collect();
      expect(report).toMatchObject({ status: 'ok', removed: [], failed: [] });
      expect(report.kept.map(({ kind, id, run }) => [kind, id, run])).toEqual(isThere ? [['image', image, 'r']] : []);
      const result = JSON.parse(readFileSync(join(state, 'r', 'result.json'), 'utf8')) as BuildResult;
      expect(result).toMatchObject({ error: { code: 'RUN_DIED' } });
      expect(result.warnings).toEqual([
        expect.objectContaining({ message: expect.stringMatching(`${image}.*"app:1"`) }),
      ]);
      expect(existsSync(join(state, 'r', 'state.ndjson'))).toBe(false);
      expect(engine.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
    },
  );

  /** The state file of a run whose process is gone. */
  const writeState = (run: string, ...notes: readonly object[]) => {
    mkdirSync(join(directory, 'state', run), { recursive: true });
    const identity = { ...processIdentity(), startTicks: '1' };
    const header = { v: 1, run, runner: 'here', startedAt: new Date().toISOString(), identity };
    const lines = [header, { engine: engine.host }, ...notes.map((what, index) => ({ note: index + 1, what }))];
    const file = join(directory, 'state', run, 'state.ndjson');
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return file;
  };
  const noObjects = () => {
    engine.on('GET', '/containers/json', jsonResponse([]));
    engine.on('GET', '/volumes', jsonResponse({ Volumes: [] }));
    engine.on('GET', '/networks', jsonResponse([]));
  };

  test('takes back the directories that a plugin noted, and none but those', async () => {
    noObjects();
    const run = '20261129t120000-0123abcd';
    const file = writeState(run, { kind: 'directory', prefix: join(directory, `mine-${run}-`) });
    const [one, two] = ['a', 'b'].map((end) => join(directory, `mine-${run}-${end}`)) as [string, string];
    const others = [`mine-${run}`, 'mine-20261129t120000-ffffffff-a', 'elsewhere'].map((name) => join(directory, name));
    for (const path of [one, two, ...others]) mkdirSync(join(path, 'deep'), { recursive: true });
    symlinkSync(join(directory, 'elsewhere'), join(two, 'link'));
    symlinkSync(join(directory, 'elsewhere'), join(directory, `mine-${run}-link`));
    const seen = await collect({ dryRun: true });
    expect(seen.removed.map(({ kind, id }) => [kind, id])).toEqual([one, two].map((path) => ['directory', path]));
    expect([one, two].map((path) => existsSync(path))).toEqual([true, true]);
    expect((await collect()).removed).toEqual(seen.removed);
    expect([one, two, file].map((path) => existsSync(path))).toEqual([false, false, false]);
    expect(others.map((path) => existsSync(join(path, 'deep')))).toEqual([true, true, true]);
  });

  test('tells of directories that could be those of others, and of notes that it does not know, and loses none', async () => {
    noObjects();
    const run = '20261129t120000-0123abcd';
    const prefix = join(directory, 'mine-');
    mkdirSync(`${prefix}a`);
    const file = writeState(run, { kind: 'directory', prefix }, { kind: 'bucket', url: 's3://x' });
    const report = await collect();
    expect(report.removed).toEqual([]);
    expect(report.kept).toEqual([
      { kind: 'directory', id: prefix, run, why: expect.stringContaining("others' could be meant") },
      { kind: 'note', id: '{"kind":"bucket","url":"s3://x"}', run, why: expect.stringContaining('does not know') },
    ]);
    expect([`${prefix}a`, file].map((path) => existsSync(path))).toEqual([true, true]);
  });

  test('makes no directory of checkouts, and a bad one is a finding beside the others', async () => {
    const checkouts = join(directory, `dock-${process.getuid?.() ?? 'user'}`);
    engine.on('GET', '/volumes', jsonResponse({ Volumes: [] }));
    engine.on('GET', '/networks', jsonResponse([]));
    engine.on('GET', '/containers/json', jsonResponse([]));
    expect(await collect({ dryRun: true })).toMatchObject({ status: 'ok' });
    expect(existsSync(checkouts)).toBe(false);
    mkdirSync(join(directory, 'elsewhere'));
    symlinkSync(join(directory, 'elsewhere'), checkouts);
    expect(await collect()).toMatchObject({ status: 'failed', error: { code: 'CONFIG_ERROR' } });
    expect(engine.requests.filter(({ path }) => path.endsWith('/containers/json'))).toHaveLength(2);
  });
});

async function endpointOf({ socketPath, host }: FakeEngine) {
  return { endpoint: { kind: 'unix' as const, socketPath, url: host, origin: 'test' } };
}

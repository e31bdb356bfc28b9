import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { collectGarbage } from '@dock/api';
import { processIdentity, type SavedState } from '@dock/core';
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

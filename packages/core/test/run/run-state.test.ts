import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  createRunId,
  livenessOf,
  openRunState,
  processIdentity,
  readRunState,
  type RunnerContext,
  type StateLine,
  stateFileName,
} from '../../src/index.js';
import { type ElsewhereRun, runElsewhere } from '../../src/elsewhere.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-state-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const header = { run: 'r1', runner: 'here', startedAt: '2024-01-02T03:04:05.000Z' };
const fail = (message: string) => {
  throw new Error(message);
};

describe('a state file', () => {
  test('tells what was noted and is not gone, who ran, which engine, and the facts', () => {
    const state = openRunState(directory, header, fail);
    const gone = state.note({ kind: 'container', id: 'aaaaaaaaaaaa' });
    state.note({ kind: 'own-name', name: '127.0.0.1:1/dock-base/r1:a' });
    state.useEngine('unix:///run/docker.sock');
    state.tell({ names: ['a:1'] });
    state.tell({ logFile: '/log' });
    gone();
    expect(readRunState(directory)).toEqual({
      v: 1,
      ...header,
      identity: processIdentity(),
      directory,
      engine: 'unix:///run/docker.sock',
      notes: [{ kind: 'own-name', name: '127.0.0.1:1/dock-base/r1:a' }],
      facts: { names: ['a:1'], logFile: '/log' },
    });
    expect(statSync(join(directory, stateFileName)).mode & 0o777).toBe(0o600);
  });

  test('goes at the end of a run that left nothing, and stays with what is left', () => {
    const left = openRunState(directory, header, fail);
    left.note({ kind: 'own-name', name: 'x' });
    left.close();
    expect(readRunState(directory)?.notes).toEqual([{ kind: 'own-name', name: 'x' }]);
    const clean = openRunState(join(directory, 'clean'), header, fail);
    clean.note({ kind: 'own-name', name: 'x' })();
    clean.close();
    expect(existsSync(join(directory, 'clean', stateFileName))).toBe(false);
  });

  test('is read up to a line that was torn when the process was killed', () => {
    openRunState(directory, header, fail).note({ kind: 'own-name', name: 'x' });
    appendFileSync(join(directory, stateFileName), '{"note":2,"what":{"kind":"own-na');
    expect(readRunState(directory)?.notes).toEqual([{ kind: 'own-name', name: 'x' }]);
  });

  test('that cannot be written is told once, and stops nothing', () => {
    const told: string[] = [];
    writeFileSync(join(directory, 'file'), '');
    const state = openRunState(join(directory, 'file', 'run'), header, (message) => told.push(message));
    state.note({ kind: 'own-name', name: 'x' })();
    state.close();
    expect(told).toEqual([expect.stringContaining(join('file', 'run', stateFileName))]);
  });

  test('of which only a part of a line can be written ends before it, and that is told', () => {
    const script = `
      import { openRunState } from '@dock/core';
      const told = [];
      const state = openRunState(${JSON.stringify(directory)}, ${JSON.stringify(header)}, (message) => told.push(message));
      state.note({ kind: 'own-name', name: 'x' });
      state.note({ kind: 'own-name', name: 'y'.repeat(8192) });
      console.log(JSON.stringify(told));`;
    const args = ['-c', 'ulimit -f 4; exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', script];
    const told = execFileSync('sh', args, { cwd: new URL('../..', import.meta.url), encoding: 'utf8' });
    expect(JSON.parse(told)).toEqual([expect.stringContaining('EFBIG')]);
    expect(readFileSync(join(directory, stateFileName), 'utf8')).toMatch(/"name":"x"\}\}\n$/);
  });
});

describe('livenessOf', () => {
  test('tells this process from one that had its number before', () => {
    const own = processIdentity();
    expect(livenessOf(own)).toBe('alive');
    expect(livenessOf({ ...own, startTicks: '1' })).toBe('gone');
  });

  test('tells that a process is gone', async () => {
    const child = spawn('sleep', ['60']);
    const identity = processIdentity(child.pid);
    expect(livenessOf(identity)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf(identity)).toBe('gone');
  });

  const elsewhere = [{ machine: 'another' }, { boot: 'another' }, { pidNamespace: 'pid:[1]' }];
  test.each(elsewhere)('does not judge what is not of its own machine, boot and namespace: %j', (other) => {
    expect(livenessOf({ ...processIdentity(), pid: 2 ** 22 + 1, ...other })).toBe('unknown');
  });

  const fields = ['machine', 'boot', 'pidNamespace', 'startTicks'];
  test.each(fields)('does not judge an identity without its %s', (field) => {
    const known = Object.entries({ ...processIdentity(), pid: 2 ** 22 + 1 }).filter(([key]) => key !== field);
    expect(livenessOf(Object.fromEntries(known) as unknown as ReturnType<typeof processIdentity>)).toBe('unknown');
  });

  test('of a pid namespace whose /proc shows another one, nothing is claimed', async () => {
    const script = `import { processIdentity } from '@dock/core'; console.log(JSON.stringify(processIdentity()));`;
    const args = ['--pid', '--fork', process.execPath, '--input-type=module', '-e', script];
    const child = spawn('unshare', args, {
      cwd: new URL('../..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(child, 'close');
    const identity = JSON.parse(text) as ReturnType<typeof processIdentity>;
    expect([identity.pidNamespace, identity.startTicks]).toEqual([undefined, undefined]);
  });
});

describe('the state of a run elsewhere', () => {
  const image = {
    place: { kind: 'engine', id: `sha256:${'a'.repeat(64)}`, store: 'classic' },
    id: `sha256:${'a'.repeat(64)}`,
    store: 'classic',
    configDigest: `sha256:${'a'.repeat(64)}`,
    platforms: [],
  } as const;
  const lent = { kind: 'lent-name', name: 'host/app:1', image: image.id } as const;
  const runWith = async (work: (run: ElsewhereRun, read: () => ReturnType<typeof readRunState>) => Promise<void>) => {
    const runId = createRunId();
    const read = () => readRunState(join(directory, runId));
    const context: RunnerContext = {
      runId,
      cwd: directory,
      env: {},
      tempDir: directory,
      stateDir: directory,
      connectEngine: async () => fail('nobody connects'),
    };
    const job = { request: { source: { kind: 'path', path: directory } }, plugins: [] } as const;
    const result = await runElsewhere(job, context, 'elsewhere', (run) => work(run, read));
    return { result, saved: read() };
  };
  const run = async (lines: readonly StateLine[]) =>
    runWith(async (other) => {
      for (const line of lines) other.keepState(line);
      fail('the other process was killed');
    });

  test('is kept here: what is not taken back stays noted, and what it came to is in the result', async () => {
    const step = { kind: 'container', id: 'aaaaaaaaaaaa' } as const;
    const { result, saved } = await run([
      { note: 1, what: step },
      { note: 2, what: lent },
      { note: 3, what: { kind: 'directory', prefix: '/run/dock/tmp/dock-0/r-' } },
      { facts: { image, logFile: '/inside/events.ndjson' } },
      { facts: { names: ['app:1'] } },
      { done: 1 },
    ]);
    expect(result).toMatchObject({ status: 'failed', image, names: ['app:1'] });
    expect(saved).toMatchObject({ notes: [lent], facts: { image, names: ['app:1'] } });
    expect([result.logFile, saved?.facts.logFile]).not.toContain('/inside/events.ndjson');
  });

  test('has what this side notes itself, until it is undone', async () => {
    const name = { kind: 'own-name', name: 'host/buildroot-app:1' } as const;
    const seen: unknown[] = [];
    const { saved } = await runWith(async (other, read) => {
      other.onCleanup('take it back', () => undefined, name);
      seen.push(read()?.notes);
    });
    expect([seen, saved]).toEqual([[[name]], undefined]);
  });

  test('goes with a run that took everything back', async () => {
    const { saved } = await run([{ note: 1, what: lent }, { done: 1 }, { done: 1 }, { done: 7 }]);
    expect(saved).toBeUndefined();
  });
});

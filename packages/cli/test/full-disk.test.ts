import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createProject, dockBinary, type DockRun, outcomeOf } from './run-dock.js';

const project = createProject({
  Dockerfile: 'FROM scratch',
  'dock.config.mjs': 'export default {};',
});
afterAll(() => project.remove());

let full: number;
beforeAll(() => {
  full = openSync('/dev/full', 'w');
});
afterAll(() => closeSync(full));

/** Run the binary with a stream, or both, on a device that is always full. */
async function runFull(args: readonly string[], stdout: number | 'pipe', stderr: number | 'pipe'): Promise<DockRun> {
  const child = spawn(process.execPath, [dockBinary, ...args], {
    cwd: project.directory,
    env: project.env(),
    stdio: ['ignore', stdout, stderr],
  });
  return outcomeOf(child);
}

const noEngine = ['-H', 'unix:///no/engine.sock'];

describe('a standard output that is full', () => {
  test.each([
    [['--version']],
    [['--version', '--json']],
    [['help']],
    [['build', '--help', '--json']],
    [['config']],
    [['config', '--json']],
  ])('%j exits with 3, and says so', async (args: string[]) => {
    const { status, stderr } = await runFull(args, full, 'pipe');
    expect(stderr).toMatch(/^error DISK_FULL: What was for standard output could not be written: ENOSPC/);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(3);
  });

  test.each([
    [['bulid', '--json'], 2, 'USAGE'],
    [['build', '--json', ...noEngine], 3, 'DAEMON_UNREACHABLE'],
    [['version', ...noEngine], 3, 'DAEMON_UNREACHABLE'],
  ])('%j keeps the status of what failed, and says both', async (args, failure, code) => {
    const { status, stderr } = await runFull(args, full, 'pipe');
    expect(stderr).toContain(code);
    expect(stderr).toContain('error DISK_FULL: What was for standard output');
    expect(status).toBe(failure);
  });

  test('beside a full standard error leaves the status', async () => {
    expect((await runFull(['--version'], full, full)).status).toBe(3);
    expect((await runFull(['config'], full, full)).status).toBe(3);
    expect((await runFull(['bulid'], full, full)).status).toBe(2);
  });
});

describe('a standard error that is full', () => {
  test.each(['plain', 'rawjson'])('breaks no run with --progress %s', async (progress) => {
    const args = ['build', '--json', '--progress', progress, ...noEngine];
    const { status, stdout } = await runFull(args, 'pipe', full);
    const result = JSON.parse(stdout) as { readonly runId: string };
    expect(result).toMatchObject({ error: { code: 'DAEMON_UNREACHABLE' } });
    expect(status).toBe(3);
    const log = join(project.home, '.local/state/dock/runs', result.runId);
    expect(readFileSync(join(log, 'events.ndjson'), 'utf8')).toContain('"type":"run.end"');
    expect(readdirSync(log)).toContain('result.json');
  });
});

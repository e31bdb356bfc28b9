import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createProject, dockBinary, outcomeOf, type Project } from './run-dock.js';

let project: Project;
beforeEach(() => {
  project = createProject();
  mkdirSync(kept(), { mode: 0o700 });
});
afterEach(() => project.remove());

const kept = () => join(project.directory, '..', `dock-${process.getuid?.()}`);
const directories = () => readdirSync(kept());

/** A dock that has the head of an archive on standard input, and waits for what never comes. */
async function waiting() {
  const watcher = watch(kept());
  const child = spawn(process.execPath, [dockBinary, 'build', '-'], { cwd: project.directory, env: project.env() });
  const outcome = outcomeOf(child);
  child.stdin.on('error', () => undefined);
  // bzip2: its kind is told by its first bytes.
  child.stdin.write(Buffer.concat([Buffer.from('BZh91AY&SY'), Buffer.alloc(1024, 1)]));
  while (directories().length === 0) await once(watcher, 'change');
  watcher.close();
  return { child, outcome };
}

test('a run that is ended while it reads leaves nothing, and waits for nobody', async () => {
  const { child, outcome } = await waiting();
  child.kill('SIGINT');
  expect(await outcome).toMatchObject({ status: 130, stderr: expect.stringContaining('CANCELLED') });
  expect(directories()).toEqual([]);
});

test('"dock gc" finds what a killed run has read', async () => {
  const { child, outcome } = await waiting();
  child.kill('SIGKILL');
  await outcome;
  const [name = ''] = directories();
  expect(name).toMatch(/^\d{8}t\d{6}-[0-9a-f]{8}-\w+$/);
});

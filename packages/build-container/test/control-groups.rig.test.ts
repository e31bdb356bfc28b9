import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { prepareControlGroups } from '../src/inside/inner-engine/control-groups.js';

/** Where this machine shows control groups of version 2: everywhere, or beside those of version 1. */
const tree = /^cgroup2 (\S+)/m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1] ?? '';

let directory: string;
let root: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-groups-test-'));
  root = join(tree, `dock-test-${process.pid}`);
  mkdirSync(root);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  for (const path of [join(root, 'init'), root]) removeGroup(path);
});

function removeGroup(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function file(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

/** A process in the group, while something is done. */
async function withProcess(body: (pid: number) => Promise<void>): Promise<void> {
  const child = spawn('sleep', ['60']);
  const ended = once(child, 'exit');
  try {
    writeFileSync(join(root, 'cgroup.procs'), String(child.pid));
    await body(child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

const processesOf = (group: string) => readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);

describe('control groups of version 2', () => {
  test('the processes of the container move to a leaf, and its controllers are given to children', async () => {
    const places = { root, self: file('self', '0::/\n'), mounts: file('mounts', '') };
    await withProcess(async (pid) => {
      expect(await prepareControlGroups(places)).toEqual([]);
      expect(processesOf(root)).toEqual([]);
      expect(processesOf(join(root, 'init'))).toEqual([String(pid)]);
      const words = (name: string) => readFileSync(join(root, name), 'utf8').trim();
      expect(words('cgroup.subtree_control')).toBe(words('cgroup.controllers'));
      expect(await prepareControlGroups(places)).toEqual([]);
    });
  });

  test("a container that sees the host's tree moves nothing: the processes there are the host's", async () => {
    const places = { root, self: file('self', '0::/system.slice/docker-1.scope\n'), mounts: file('mounts', '') };
    await withProcess(async (pid) => {
      expect(await prepareControlGroups(places)).toEqual([]);
      expect(processesOf(root)).toEqual([String(pid)]);
    });
  });
});

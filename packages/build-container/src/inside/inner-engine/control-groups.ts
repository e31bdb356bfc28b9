import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where the kernel shows control groups and mounts. */
export interface KernelPlaces {
  /** @default '/sys/fs/cgroup' */
  readonly root?: string;
  /** @default '/proc/self/cgroup' */
  readonly self?: string;
  /** @default '/proc/self/mounts' */
  readonly mounts?: string;
}

/** How often processes are moved again: one that was just forked appears where its parent was. */
const rounds = 10;

/**
 * Make the container's control groups ready for an engine, as moby's `dind` script does: hierarchies that the outer engine mounted read-only are made
 * writable, and in version 2 the container's processes move into a leaf, because a group with processes cannot give controllers to its children.
 * A container that sees the host's whole tree instead of its own (`cgroupns: host`) is left alone: its processes are the host's.
 *
 * @returns controllers of version 2 that could not be switched on
 */
export async function prepareControlGroups(places: KernelPlaces = {}): Promise<readonly string[]> {
  const { root = '/sys/fs/cgroup', self = '/proc/self/cgroup', mounts = '/proc/self/mounts' } = places;
  for (const target of readOnlyHierarchies(await readFile(mounts, 'utf8'), root)) {
    await promisify(execFile)('mount', ['-o', 'remount,bind,rw', target]);
  }
  const isVersion2 = existsSync(join(root, 'cgroup.controllers'));
  const isOwnTree = (await readFile(self, 'utf8')).trim() === '0::/';
  if (!isVersion2 || !isOwnTree) return [];
  await moveToLeaf(root);
  return enableControllers(root);
}

function readOnlyHierarchies(mounts: string, root: string): readonly string[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, target = '', type = '', options = '']) => {
      const isBelow = target === root || target.startsWith(`${root}/`);
      return isBelow && /^cgroup2?$/.test(type) && options.split(',').includes('ro');
    })
    .map(([, target = '']) => target);
}

async function moveToLeaf(root: string): Promise<void> {
  const leaf = join(root, 'init');
  await mkdir(leaf, { recursive: true });
  for (let round = 0; round < rounds; round += 1) {
    const pids = (await readFile(join(root, 'cgroup.procs'), 'utf8')).split('\n').filter(Boolean);
    if (pids.length === 0) return;
    for (const pid of pids) {
      await writeFile(join(leaf, 'cgroup.procs'), pid).catch((error: NodeJS.ErrnoException) => {
        // It has ended.
        if (error.code !== 'ESRCH') throw error;
      });
    }
  }
}

async function enableControllers(root: string): Promise<readonly string[]> {
  const controllers = (await readFile(join(root, 'cgroup.controllers'), 'utf8')).split(/\s+/).filter(Boolean);
  const failed: string[] = [];
  for (const name of controllers) {
    await writeFile(join(root, 'cgroup.subtree_control'), `+${name}`).catch(() => failed.push(name));
  }
  return failed;
}

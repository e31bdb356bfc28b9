import { existsSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isGone } from './process-identity.js';
import { killNow, type RigProcess, rigProcesses } from './process-table.js';
import { controlGroups, directoryPrefix, removeControlGroups, serviceDirectories } from './service-directory.js';

/** What services of the rig have on this machine. */
export interface RigLeftovers {
  readonly processes: readonly RigProcess[];
  readonly directories: readonly string[];
  readonly controlGroups: readonly string[];
}

// Between making a directory and writing its owner lie microseconds; a crash in between is found after this many milliseconds.
const graceMs = 60_000;

/**
 * What is left of services whose owner is gone: the owner crashed, or forgot to stop them. Services of a live process, of this or of another run, are not
 * listed.
 */
export function findLeftovers(): RigLeftovers {
  return {
    processes: rigProcesses().filter(({ owner }) => isGone(owner)),
    directories: serviceDirectories()
      .filter(({ path, owner }) => (owner === undefined ? isOld(path) : isGone(owner)))
      .map(({ path }) => path),
    controlGroups: controlGroups(directoryPrefix).filter((group) => isOrphan(group)),
  };
}

/** Ends and removes what {@link findLeftovers} finds. Synchronous, so that an exit handler can call it. @returns what it found */
export function sweep(): RigLeftovers {
  const found = findLeftovers();
  for (const { pid } of found.processes) killNow(pid);
  for (const path of found.directories) remove(path);
  for (const group of controlGroups(directoryPrefix)) if (isOrphan(group)) removeControlGroups(basename(group));
  return found;
}

/**
 * Ends and removes every service of one test run, whoever owns it. Synchronous as {@link sweep}.
 *
 * @returns the directories of services that are not shared: some test started them and did not stop them
 */
export function endRun(run: string): readonly string[] {
  for (const process of rigProcesses()) if (process.run === run) killNow(process.pid);
  const directories = serviceDirectories().filter((directory) => directory.run === run);
  for (const { path } of directories) remove(path);
  remove(run);
  return directories.filter(({ isShared }) => !isShared).map(({ path }) => path);
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  removeControlGroups(path);
}

function isOrphan(group: string): boolean {
  return !serviceDirectories().some(({ path }) => basename(path) === basename(group)) && existsSync(group);
}

function isOld(path: string): boolean {
  try {
    return Date.now() - statSync(path).mtimeMs > graceMs;
  } catch {
    return false;
  }
}

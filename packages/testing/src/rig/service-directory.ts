import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { identityOf, type ProcessIdentity } from './process-identity.js';
import { killNow, processMarks, rigProcesses } from './process-table.js';
import { waitUntil } from './wait-until.js';

/** Every directory of the rig is a child of {@link rigRoot} with this prefix. */
export const directoryPrefix = 'dock-rig-';

/** The directory of one service: its socket, state and logs, and who answers for it. Mode 0700. */
export interface ServiceDirectory {
  readonly path: string;
  readonly owner: ProcessIdentity;
  /** Environment that marks the service's processes as such. */
  readonly marks: NodeJS.ProcessEnv;
}

/** Where the rig's directories lie: the temporary directory, unless its path is too long for the address of a unix socket (107 bytes). */
export function rigRoot(): string {
  return tmpdir().length <= 40 ? tmpdir() : '/tmp';
}

/**
 * Makes the directory of a service.
 *
 * @param sharedBy the process that opened the test run, for what its processes share. @default this process answers for the service
 */
export function makeServiceDirectory(kind: string, sharedBy?: ProcessIdentity): ServiceDirectory {
  const owner = sharedBy ?? identityOf(process.pid);
  const path = mkdtempSync(join(rigRoot(), `${directoryPrefix}${kind}-`));
  const run = process.env.DOCK_RIG_DIR ?? '';
  writeFileSync(join(path, 'run'), run);
  if (sharedBy !== undefined) writeFileSync(join(path, 'shared'), '');
  writeFileSync(join(path, 'owner'), owner);
  return {
    path,
    owner,
    marks: { [processMarks.service]: path, [processMarks.owner]: owner, [processMarks.run]: run },
  };
}

/** A directory that was found: its owner and run are unknown while they are not written yet. */
export interface FoundDirectory {
  readonly path: string;
  readonly owner: ProcessIdentity | undefined;
  readonly run: string | undefined;
  readonly isShared: boolean;
}

/** The directories of all services of this machine. */
export function serviceDirectories(): FoundDirectory[] {
  return list(rigRoot())
    .filter((name) => name.startsWith(directoryPrefix))
    .map((name) => {
      const path = join(rigRoot(), name);
      return {
        path,
        owner: readIfThere(join(path, 'owner')),
        run: readIfThere(join(path, 'run')),
        isShared: existsSync(join(path, 'shared')),
      };
    });
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Ends the processes of a service, waits until they are gone, and removes its directory and control groups. */
export async function endService(path: string): Promise<void> {
  killService(path);
  await waitUntil(() => killService(path) === 0, {
    timeoutMs: 10_000,
    subject: `the end of the processes of "${path}"`,
  });
  removeControlGroups(path);
  rmSync(path, { recursive: true, force: true, maxRetries: 10 });
}

/** Sends SIGKILL to the processes of a service. @returns how many there were */
function killService(path: string): number {
  const processes = rigProcesses().filter(({ service }) => service === path);
  for (const { pid } of processes) killNow(pid);
  return processes.length;
}

/** The control groups of a service: each mounted hierarchy may have its own. */
export function controlGroups(name: string): string[] {
  const roots = ['/sys/fs/cgroup', ...list('/sys/fs/cgroup').map((entry) => join('/sys/fs/cgroup', entry))];
  return roots.flatMap((root) =>
    list(root)
      .filter((entry) => entry.startsWith(name))
      .map((entry) => join(root, entry)),
  );
}

/** Removes the control groups that containers of a killed engine leave. Blocks up to a second while the kernel takes the last processes down. */
export function removeControlGroups(path: string): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const groups = controlGroups(basename(path));
    if (groups.length === 0) return;
    for (const group of groups) removeGroup(group);
    if (controlGroups(basename(path)).length > 0) Atomics.wait(pause, 0, 0, 20);
  }
}

function removeGroup(group: string): void {
  for (const child of list(group)) removeGroup(join(group, child));
  try {
    rmdirSync(group);
  } catch {
    // Not empty yet.
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { startTicks } from './process-identity.js';

/** A process of the rig, told by the environment that it was started with. */
export interface RigProcess {
  readonly pid: number;
  /** Directory of the service that it belongs to. */
  readonly service: string;
  /** Identity of the process that answers for it. */
  readonly owner: string;
  /** Directory of the test run, or empty. */
  readonly run: string;
  readonly command: string;
}

/** The variables by which a process of the rig is known, even when nobody wrote its number down. */
export const processMarks = { service: 'DOCK_RIG_SERVICE', owner: 'DOCK_RIG_OWNER', run: 'DOCK_RIG_RUN' } as const;

/** Every process of the rig on this machine, of this and of other runs. */
export function rigProcesses(): RigProcess[] {
  const found: RigProcess[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      if (!environment.includes(`${processMarks.service}=`) || startTicks(Number(name)) === undefined) continue;
      const variables = new Map(
        environment
          .split('\0')
          .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
      );
      const service = variables.get(processMarks.service);
      const owner = variables.get(processMarks.owner);
      if (service === undefined || owner === undefined) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      found.push({ pid: Number(name), service, owner, run: variables.get(processMarks.run) ?? '', command });
    } catch {
      // Ended meanwhile, or not ours to read.
    }
  }
  return found;
}

/** The children of a process. */
export function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid) children.push(Number(name));
    } catch {
      // Ended meanwhile.
    }
  }
  return children;
}

/** Sends SIGKILL; a process that is gone is fine. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

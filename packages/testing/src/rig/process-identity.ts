import { readFileSync, readlinkSync } from 'node:fs';

/** Who a process is beyond its number, which the kernel gives out again: as `pid.startTicks.pidNamespace.bootId`. */
export type ProcessIdentity = string;

/** Clock ticks from boot to the start of a process, or `undefined` when there is none. */
export function startTicks(pid: number): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name in brackets may hold blanks and brackets; after it come the fields from the third on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie is as good as gone, but not while other threads of it live: they still hold its sockets open.
  const isZombie = fields[0] === 'Z' && Number(fields[17]) <= 1;
  return isZombie || fields[0] === 'X' ? undefined : Number(fields[19]);
}

/** @throws Error when the process is gone */
export function identityOf(pid: number): ProcessIdentity {
  const ticks = startTicks(pid);
  if (ticks === undefined) throw new Error(`process ${String(pid)} is gone`);
  return [pid, ticks, pidNamespace(), bootId()].join('.');
}

/**
 * Whether a process is there no more. A process of another pid namespace cannot be seen from here, so it counts as there.
 */
export function isGone(identity: ProcessIdentity): boolean {
  const [pid, ticks, namespace, boot] = identity.split('.');
  if (boot !== bootId()) return true;
  if (namespace !== pidNamespace()) return false;
  return startTicks(Number(pid)) !== Number(ticks);
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
}

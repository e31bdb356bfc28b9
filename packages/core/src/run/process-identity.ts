import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Who a process is beyond its number, which is given out again. What the system does not tell is absent. */
export interface ProcessIdentity {
  readonly pid: number;
  /** /etc/machine-id (machine-id(5)); where there is none, as in small images, `boot` and the boot's ID, which no other machine has. */
  readonly machine?: string;
  /** /proc/sys/kernel/random/boot_id. */
  readonly boot?: string;
  /** Target of /proc/PID/ns/pid: `pid:[4026531836]`. */
  readonly pidNamespace?: string;
  /** Ticks from boot to the start of the process, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTicks?: string;
}

/** Whether a process is there: `unknown` where it cannot be told from here. */
export type Liveness = 'alive' | 'gone' | 'unknown';

/**
 * The identity of a process. Where /proc shows another pid namespace than ours, numbers mean something else there, and only the machine and
 * its boot are told.
 */
export function processIdentity(pid: number = process.pid): ProcessIdentity {
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
  const written = textOf(() => readFileSync('/etc/machine-id', 'utf8'));
  const machine = written === '' && boot !== '' ? `boot ${boot}` : written;
  const isOwnProc = hasOwnProc();
  const pidNamespace = isOwnProc ? textOf(() => readlinkSync(`/proc/${pid}/ns/pid`)) : '';
  const startTicks = isOwnProc ? (readStat(pid)?.startTicks ?? '') : '';
  return {
    pid,
    ...(machine === '' ? {} : { machine }),
    ...(boot === '' ? {} : { boot }),
    ...(pidNamespace === '' ? {} : { pidNamespace }),
    ...(startTicks === '' ? {} : { startTicks }),
  };
}

/** Whether a process is gone, as far as this one can tell: only of its own machine, boot and pid namespace, and only with its whole identity. */
export function livenessOf(identity: ProcessIdentity, own: ProcessIdentity = processIdentity()): Liveness {
  const fields = ['machine', 'boot', 'pidNamespace'] as const;
  const isWhole = identity.startTicks !== undefined && own.startTicks !== undefined;
  if (!isWhole || fields.some((field) => own[field] === undefined || identity[field] !== own[field])) return 'unknown';
  const stat = readStat(identity.pid);
  if (stat !== undefined) return stat.startTicks !== identity.startTicks || stat.isDead ? 'gone' : 'alive';
  return exists(identity.pid) ? 'unknown' : 'gone';
}

/** /proc may hide processes of others (hidepid); a signal tells that they are there. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function hasOwnProc(): boolean {
  return textOf(() => readlinkSync('/proc/self')) === String(process.pid);
}

interface Stat {
  readonly startTicks: string;
  readonly isDead: boolean;
}

function readStat(pid: number): Stat | undefined {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The command may hold spaces and brackets; the fields begin after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTicks = fields[19] ?? '';
  if (startTicks === '') return undefined;
  // A zombie is gone, but not while other threads of it live.
  return { startTicks, isDead: fields[0] === 'X' || (fields[0] === 'Z' && threadsOf(pid) <= 1) };
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

function textOf(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}

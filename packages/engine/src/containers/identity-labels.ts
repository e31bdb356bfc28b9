import { readFile, readlink } from 'node:fs/promises';

/** Labels of everything that dock creates in an engine, beside `io.dock.run` and `io.dock.role`. */
export const labelNames = {
  run: 'io.dock.run',
  role: 'io.dock.role',
  machine: 'io.dock.machine',
  boot: 'io.dock.boot',
  pidNamespace: 'io.dock.pidns',
  pid: 'io.dock.pid',
  startTicks: 'io.dock.start',
} as const;

/**
 * Who we are, so that a later process can tell whether we are gone: machine, boot, pid namespace, pid and the ticks since boot at which the
 * process started (field 22 of /proc/PID/stat, proc(5)). What the system does not tell is left out; such objects are never removed automatically.
 */
export async function identityLabels(pid: number = process.pid): Promise<Record<string, string>> {
  const [machine, boot, pidNamespace, stat] = await Promise.all([
    textOf(readFile('/etc/machine-id', 'utf8')),
    textOf(readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    textOf(readlink(`/proc/${pid}/ns/pid`)),
    textOf(readFile(`/proc/${pid}/stat`, 'utf8')),
  ]);
  // The command may hold spaces and brackets; the fields begin after the last one.
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  const labels = [
    [labelNames.machine, machine],
    [labelNames.boot, boot],
    [labelNames.pidNamespace, pidNamespace],
    [labelNames.pid, String(pid)],
    [labelNames.startTicks, ticks],
  ] as const;
  return Object.fromEntries(labels.filter(([, value]) => value !== ''));
}

async function textOf(reading: Promise<string>): Promise<string> {
  try {
    return (await reading).trim();
  } catch {
    return '';
  }
}

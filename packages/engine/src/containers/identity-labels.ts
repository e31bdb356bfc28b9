import { type ProcessIdentity, processIdentity } from '@dock/core';

/** Labels of what dock creates in an engine: which run's it is, what for, and who made it. */
export const labelNames = {
  run: 'io.dock.run',
  role: 'io.dock.role',
  machine: 'io.dock.machine',
  boot: 'io.dock.boot',
  pidNamespace: 'io.dock.pidns',
  pid: 'io.dock.pid',
  startTicks: 'io.dock.start',
  /** `1`: somebody wants to look into it after the run. */
  keep: 'io.dock.keep',
} as const;

/**
 * Who we are, so that a later process can tell whether we are gone. What the system does not tell is left out; such objects are never removed
 * automatically.
 */
export async function identityLabels(pid: number = process.pid): Promise<Record<string, string>> {
  const { machine, boot, pidNamespace, startTicks } = processIdentity(pid);
  return {
    ...(machine === undefined ? {} : { [labelNames.machine]: machine }),
    ...(boot === undefined ? {} : { [labelNames.boot]: boot }),
    ...(pidNamespace === undefined ? {} : { [labelNames.pidNamespace]: pidNamespace }),
    [labelNames.pid]: String(pid),
    ...(startTicks === undefined ? {} : { [labelNames.startTicks]: startTicks }),
  };
}

/** The identity that labels name; `undefined` when they name no process. */
export function identityOfLabels(labels: Readonly<Record<string, string>>): ProcessIdentity | undefined {
  const pid = labels[labelNames.pid] ?? '';
  if (!/^\d{1,10}$/.test(pid)) return undefined;
  const { [labelNames.machine]: machine, [labelNames.boot]: boot } = labels;
  const { [labelNames.pidNamespace]: pidNamespace, [labelNames.startTicks]: startTicks } = labels;
  return {
    pid: Number(pid),
    ...(machine === undefined ? {} : { machine }),
    ...(boot === undefined ? {} : { boot }),
    ...(pidNamespace === undefined ? {} : { pidNamespace }),
    ...(startTicks === undefined ? {} : { startTicks }),
  };
}

/** Whether it is to stay after its run. */
export function isKept(labels: Readonly<Record<string, string>> | null | undefined): boolean {
  return labels?.[labelNames.keep] === '1';
}

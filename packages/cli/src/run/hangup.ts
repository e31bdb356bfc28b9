import { readFileSync } from 'node:fs';

/** Bit of SIGHUP in a mask of signals. */
const hangupBit = 1n;

/** Write-only, in the octal flags of a descriptor. */
const writeOnly = 0o1;

/**
 * Whether somebody asked that a closed terminal leaves this process alone, as `nohup` does. Node forgets which signals were ignored when it started, so what is
 * left of the asking is looked at: the parent ignores SIGHUP, the shell names `nohup` as what it started, or standard input is the write-only one that `nohup`
 * puts in the place of a terminal.
 */
export function isProtectedFromHangup(env: NodeJS.ProcessEnv = process.env, parent: number = process.ppid): boolean {
  return /(?:^|\/)nohup$/.test(env['_'] ?? '') || ignoresHangup(parent) || isInputWriteOnly();
}

/** Leave a process alone that is protected: without a listener, SIGHUP would end it. Before anything that takes long. */
export function heedNohup(): void {
  if (isProtectedFromHangup()) process.on('SIGHUP', () => undefined);
}

function ignoresHangup(pid: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readProc(`/proc/${pid}/status`))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & hangupBit) !== 0n;
}

function isInputWriteOnly(): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readProc('/proc/self/fdinfo/0'))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 0o3) === writeOnly;
}

/** A file of the kernel's; empty where there is none. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

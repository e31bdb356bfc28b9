import { writeWhole } from '@dock/core';

/**
 * Writes lines to the host, at once. A slow reader slows the work down instead of filling memory; that it is gone is said by the end of standard input too,
 * which ends the run.
 */
export function createEventChannel(descriptor: number): (value: object) => void {
  return (value) => writeWhole(descriptor, `${JSON.stringify(value)}\n`);
}

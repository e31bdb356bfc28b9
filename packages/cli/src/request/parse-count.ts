import { DockError } from '@dock/core';

/**
 * A whole number of a flag.
 *
 * @param least The smallest one that the flag takes.
 * @throws INVALID_OPTION
 */
export function parseCount(text: string, flag: string, least = 1): number {
  if (/^-?\d+$/.test(text) && Number(text) >= least) return Number(text);
  throw new DockError('INVALID_OPTION', `"${flag} ${text}" is not a number.`, {
    hint: `Write a number from ${least} on.`,
  });
}

import { DockError } from '@dock/core';

/** Milliseconds of each unit. */
const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A duration in ms, as Go writes them (`1h30m`), with days and weeks too. @throws USAGE naming the flag */
export function parseDuration(flag: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new DockError('USAGE', `"${flag} ${text}" is not a duration.`, {
      hint: 'Write it as 30m, 24h, 1h30m or 7d.',
    });
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
}

/** When something was written or committed. */
export interface GitDate {
  /** ISO 8601, in the person's own time zone where that is one. */
  readonly iso: string;
  /** Seconds since 1970. */
  readonly seconds: number;
}

/** Seconds that ISO 8601 with four digits of a year has room for. */
const largest = Date.UTC(9999, 11, 30) / 1000;

/**
 * Reads a date as git keeps it: seconds since 1970 and a zone. Old importers wrote zones and times that do not exist: such a zone counts as UTC, and such a time
 * as the beginning of 1970, as git itself has it.
 *
 * @param text As `--date=raw` gives it, or the end of a commit's `author` line: `1714972089 +0200`
 */
export function readGitDate(text: string): GitDate {
  const [, given, sign, hours = '', minutes = ''] = /^(\d+)(?: ([+-])(\d{2})(\d{2}))?(?:$|\s)/.exec(text.trim()) ?? [];
  const asked = Number(given ?? 0);
  const seconds = asked <= largest ? asked : 0;
  const isZone = sign !== undefined && Number(hours) < 24 && Number(minutes) < 60;
  const offset = isZone ? (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60) : 0;
  const local = new Date((seconds + offset) * 1000).toISOString().slice(0, 19);
  return { iso: offset === 0 ? `${local}Z` : `${local}${sign}${hours}:${minutes}`, seconds };
}

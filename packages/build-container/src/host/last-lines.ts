import { isDockError } from '@dock/core';

/** An error with the last lines that the container printed, where it brings none; anything else as it is. */
export function withLastLines(error: unknown, lastLines: readonly string[]): unknown {
  if (!isDockError(error) || lastLines.length === 0 || error.details?.['lastLines'] !== undefined) return error;
  return error.with({ details: { lastLines } });
}

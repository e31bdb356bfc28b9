import { writeFileAtOnce } from '@dock/core';

/** Write JSON as a whole: nobody reads half a document. */
export function writeJsonFile(path: string, value: unknown, mode = 0o600): void {
  writeFileAtOnce(path, `${JSON.stringify(value, null, 2)}\n`, mode);
}

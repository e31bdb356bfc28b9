import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Write JSON to a temporary name beside the file, then rename: nobody reads half a document. */
export function writeJsonFile(path: string, value: unknown, mode = 0o600): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Write JSON to a temporary name beside the file, then rename: nobody reads half a document. */
export function writeJsonFile(path: string, value: unknown, mode = 0o600): void {
  writeFileAtOnce(path, `${JSON.stringify(value, null, 2)}\n`, mode);
}

/** Write text to a temporary name beside the file, then rename. @param mode Less the process's umask. */
export function writeFileAtOnce(path: string, text: string, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

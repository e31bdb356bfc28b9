import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildResult } from '../contracts/result.js';

/** Write `result.json` beside the log (0600): to a temporary name first, so that nobody reads half a result. @throws what the file system says */
export function writeResultFile(directory: string, result: BuildResult): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'result.json');
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(result, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

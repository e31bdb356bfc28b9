import { join } from 'node:path';
import type { BuildResult } from '../contracts/result.js';
import { makeDirectory } from './make-directory.js';
import { writeFileAtOnce } from './write-file-at-once.js';

/** Write `result.json` beside the log (0600). @throws what the file system says */
export function writeResultFile(directory: string, result: BuildResult): void {
  makeDirectory(directory);
  writeFileAtOnce(join(directory, 'result.json'), `${JSON.stringify(result, null, 2)}\n`, 0o600);
}

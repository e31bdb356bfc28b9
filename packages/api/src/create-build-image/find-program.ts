import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DockError } from '@dock/core';

/**
 * The package with the command `dock`.
 *
 * @param program its directory, as the caller names it
 * @throws PLUGIN_NOT_FOUND
 */
export function findProgram(program: string | undefined, cwd: string): string {
  if (program !== undefined) return resolve(cwd, program);
  for (const from of [cwd, dirname(fileURLToPath(import.meta.url))]) {
    for (let directory = from; ; directory = dirname(directory)) {
      const place = join(directory, 'node_modules', '@dock', 'cli');
      if (existsSync(join(place, 'package.json'))) return place;
      if (directory === dirname(directory)) break;
    }
  }
  throw new DockError('PLUGIN_NOT_FOUND', 'The package "@dock/cli", which goes into a build image, is not installed.', {
    hint: 'Install it in the project, or name the directory of another copy.',
  });
}

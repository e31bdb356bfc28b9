import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Whether a program is on the PATH of an environment. */
export async function hasCommand(command: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  if (!/^[A-Za-z0-9._+-]+$/.test(command)) return false;
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    const path = join(directory, command);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return true;
    } catch {
      continue;
    }
  }
  return false;
}

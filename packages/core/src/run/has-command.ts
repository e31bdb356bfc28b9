import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Whether a program is there: a path by itself, a name on the PATH of an environment. */
export async function hasCommand(command: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  if (command.includes('/')) return isProgram(command);
  if (!/^[A-Za-z0-9._+-]+$/.test(command)) return false;
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory !== '' && (await isProgram(join(directory, command)))) return true;
  }
  return false;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

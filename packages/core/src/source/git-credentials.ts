import { writeFile } from 'node:fs/promises';
import type { GitAccess } from './git-access.js';

/**
 * Writes the format of git-credential-store(1), which matches protocol and host exactly, as they stand in the URL.
 *
 * @returns the file, where there is something to write
 */
export async function writeCredentials(
  file: string,
  url: string,
  access: GitAccess | undefined,
): Promise<string | undefined> {
  if (access === undefined || 'header' in access.secret) return undefined;
  const { username, password } = access.secret;
  const { protocol, host } = /^(?<protocol>[a-z]+):\/\/(?<host>[^/]+)/.exec(url)?.groups ?? {};
  const user = [username, password].map(encodeURIComponent).join(':');
  await writeFile(file, `${protocol}://${user}@${host}\n`, { mode: 0o600, flag: 'wx' });
  return file;
}

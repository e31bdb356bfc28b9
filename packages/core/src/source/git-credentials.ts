import { writeFile } from 'node:fs/promises';
import type { GitAccess } from './git-access.js';

/** Files by which git learns what it may show; each can be read by the user alone. */
export interface AccessFiles {
  /** Of git-credential-store(1). */
  readonly credentials?: string;
  /** Of git-config(1). */
  readonly config?: string;
}

/**
 * Writes what git may show to the server of a URL. The store matches protocol and host exactly, as they stand in the URL, and git asks it again after a redirect. A
 * header it would send wherever a redirect leads, so that it follows none.
 *
 * @param place A private directory.
 */
export async function writeAccess(place: string, url: string, access: GitAccess | undefined): Promise<AccessFiles> {
  if (access === undefined) return {};
  const { protocol, host } = /^(?<protocol>[a-z]+):\/\/(?<host>[^/]+)/.exec(url)?.groups ?? {};
  const { secret } = access;
  const write = async (name: string, text: string) => {
    const file = `${place}/${name}`;
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
    return file;
  };
  if ('header' in secret) {
    const header = secret.header.replaceAll(/["\\]/g, (each) => `\\${each}`);
    const section = `[http "${protocol}://${host}/"]\n\textraHeader = "Authorization: ${header}"\n\tfollowRedirects = false\n`;
    return { config: await write('git-access', section) };
  }
  const user = [secret.username, secret.password].map(encodeURIComponent).join(':');
  return { credentials: await write('git-credentials', `${protocol}://${user}@${host}\n`) };
}

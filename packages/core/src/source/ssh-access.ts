import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSsh } from '../contracts/request-options.js';
import { DockError } from '../errors/dock-error.js';
import { readSecretFile } from '../secrets/read-build-secret.js';

/** How ssh is told who the user is. */
export interface SshAccess {
  /** The agent instead of that of the environment. */
  readonly agent?: string;
  /** Files of keys that ssh takes: it refuses one that others can read, as mounted secrets often are. */
  readonly keys: readonly string[];
  remove(): Promise<void>;
}

/**
 * What `--ssh default=…` says of ssh for the source itself: the socket of an agent, or files of private keys, which are copied into a private directory while git
 * runs.
 *
 * @throws INVALID_OPTION for a file that is no private key, or one with a passphrase
 */
export async function sshAccess(ssh: readonly BuildSsh[], place: string): Promise<SshAccess> {
  const own = ssh.find(({ id }) => id === 'default');
  if (own === undefined) return { keys: [], remove: async () => undefined };
  if ('socket' in own) return { agent: own.socket, keys: [], remove: async () => undefined };
  const keys: string[] = [];
  const remove = async () => {
    for (const key of keys) await rm(key, { force: true });
  };
  try {
    for (const [index, file] of own.keys.entries()) {
      const text = await readKey(file);
      const copy = join(place, `ssh-key-${index}`);
      keys.push(copy);
      await writeFile(copy, text, { mode: 0o600, flag: 'wx' });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { keys, remove };
}

async function readKey(file: string): Promise<string> {
  const text = (await readSecretFile(file, '"--ssh"')).toString('latin1').replaceAll('\r\n', '\n');
  const body = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----\n([\s\S]+?)-----END/.exec(text);
  const unusable = (why: string, hint: string) =>
    new DockError('INVALID_OPTION', `The file "${file}" of "--ssh" ${why}.`, { hint });
  if (body === null) throw unusable('is no private key', 'Name the private key, not the public one.');
  const [, kind = '', content = ''] = body;
  if (/ENCRYPTED/.test(kind + content) || isEncrypted(content))
    throw unusable('has a passphrase', 'Add the key to an ssh agent with "ssh-add", and write --ssh default.');
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Whether a key in OpenSSH's own format names a cipher (PROTOCOL.key of openssh). */
function isEncrypted(content: string): boolean {
  const bytes = Buffer.from(content, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.subarray(0, magic.length).toString('latin1') !== magic) return false;
  const length = bytes.length < magic.length + 4 ? 0 : bytes.readUInt32BE(magic.length);
  return bytes.subarray(magic.length + 4, magic.length + 4 + length).toString('latin1') !== 'none';
}

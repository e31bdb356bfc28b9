import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSshKeys } from '../secrets/read-ssh-keys.js';
import type { SourceNeeds } from './source-needs.js';

/** How ssh is told who the user is. */
export interface SshAccess {
  /** The agent instead of that of the environment. */
  readonly agent?: string;
  /** Files of keys that ssh takes: it refuses one that others can read, as mounted secrets often are. */
  readonly keys: readonly string[];
  remove(): Promise<void>;
}

/**
 * What `--ssh default=…` says of ssh for the source itself: the socket of an agent, or private keys, which are copied into a private directory while git
 * runs.
 *
 * @throws INVALID_OPTION for what is no private key, or one with a passphrase
 */
export async function sshAccess(
  { ssh = [], env, addSecret }: Pick<SourceNeeds, 'addSecret' | 'env' | 'ssh'>,
  place: string,
): Promise<SshAccess> {
  const own = ssh.find(({ id }) => id === 'default');
  if (own === undefined) return { keys: [], remove: async () => undefined };
  if ('socket' in own) return { agent: own.socket, keys: [], remove: async () => undefined };
  const keys: string[] = [];
  const remove = async () => {
    for (const key of keys) await rm(key, { force: true });
  };
  try {
    for (const [index, { text, mask }] of (await readSshKeys(own, env)).entries()) {
      for (const secret of mask) addSecret(secret);
      const copy = join(place, `ssh-key-${index}`);
      keys.push(copy);
      await writeFile(copy, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { keys, remove };
}

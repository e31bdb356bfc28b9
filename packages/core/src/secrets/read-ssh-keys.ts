import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { BuildSsh } from '../contracts/request-options.js';
import { DockError } from '../errors/dock-error.js';
import { readOpensshKey } from './openssh-key.js';
import { maskedForms, readBuildSecret, readSecretFile } from './read-build-secret.js';

/** A private key of ssh. Never log it. */
export interface SshKey {
  /** As its file has it, with the ends of lines that ssh wants. */
  readonly text: string;
  readonly key: KeyObject;
  /** What has to be masked. */
  readonly mask: readonly string[];
}

/** Where private keys are. */
export type SshKeyPlaces = Exclude<BuildSsh, { readonly socket: string }>;

/** Keys that ssh and its agents know. */
const knownKinds: ReadonlySet<string | undefined> = new Set(['rsa', 'ec', 'ed25519']);

/**
 * Private keys without passphrases, read now: OpenSSH's own format, and PEM (PKCS#1, PKCS#8, SEC 1).
 *
 * @param env Where keys that name variables have their values.
 * @throws INVALID_OPTION for one that cannot be read, that is no private key, or that has a passphrase
 */
export async function readSshKeys(
  places: SshKeyPlaces,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly SshKey[]> {
  const keys: SshKey[] = [];
  if ('keys' in places) {
    for (const file of places.keys) {
      const bytes = await readSecretFile(file, `the ssh key "${places.id}"`);
      keys.push(readSshKey(bytes, `The file "${file}" of the ssh key "${places.id}"`, file));
    }
    return keys;
  }
  for (const name of places.env) {
    const bytes = await readBuildSecret({ id: places.id, env: name }, env);
    keys.push(readSshKey(bytes, `The variable "${name}" of the ssh key "${places.id}"`));
  }
  return keys;
}

function readSshKey(bytes: Buffer, what: string, file?: string): SshKey {
  const text = bytes.toString('latin1').replaceAll('\r\n', '\n');
  const unusable = (why: string, hint: string, cause?: unknown) =>
    new DockError('INVALID_OPTION', `${what} ${why}.`, { hint, ...(cause === undefined ? {} : { cause }) });
  const [block, kind = '', body = ''] =
    /-----BEGIN ([A-Z ]*PRIVATE KEY)-----\n([\s\S]+?)-----END \1-----/.exec(text) ?? [];
  if (block === undefined) throw unusable(...whyNoKey(text, file));
  const passphrase = () =>
    unusable('has a passphrase', 'Add the key to an ssh agent with "ssh-add", and write --ssh default.');
  if (kind.startsWith('ENCRYPTED') || /^Proc-Type:.*ENCRYPTED/m.test(body)) throw passphrase();
  let read: ReturnType<typeof readOpensshKey>;
  try {
    read =
      kind === 'OPENSSH PRIVATE KEY' ? readOpensshKey(Buffer.from(body, 'base64')) : { key: createPrivateKey(block) };
  } catch (cause) {
    throw unusable('is a private key that is damaged', 'Make sure that the file is whole.', cause);
  }
  if ('cipher' in read) throw passphrase();
  if ('kind' in read || !isKnown(read.key)) {
    const name = 'kind' in read ? read.kind : (read.key.asymmetricKeyType ?? kind);
    throw unusable(
      `is a private key of the kind "${name}"`,
      'Name a key of the kind ed25519, ecdsa or rsa. For any other, use an ssh agent that has it: --ssh default.',
    );
  }
  return { text: text.endsWith('\n') ? text : `${text}\n`, key: read.key, mask: maskedForms(Buffer.from(body)) };
}

function isKnown({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const curve = asymmetricKeyDetails?.namedCurve;
  return (
    knownKinds.has(asymmetricKeyType) &&
    (curve === undefined || ['prime256v1', 'secp384r1', 'secp521r1'].includes(curve))
  );
}

/** Why a text is no private key, and what to name instead. */
function whyNoKey(text: string, file: string | undefined): [why: string, hint: string] {
  if (/^(?:ssh-|ecdsa-|sk-)\S+ AAAA|-----BEGIN (?:[A-Z0-9 ]* )?PUBLIC KEY-----/m.test(text)) {
    const named = file?.endsWith('.pub') === true ? `: ${file.slice(0, -'.pub'.length)}` : '';
    return ['is a public key', `Name the private key${named || ', not the public one'}.`];
  }
  if (text.startsWith('PuTTY-User-Key-File'))
    return ["is a key in PuTTY's format", 'Convert it: puttygen KEY -O private-openssh -o FILE.'];
  return ['is no private key', 'Name the private key, in the format that ssh-keygen writes.'];
}

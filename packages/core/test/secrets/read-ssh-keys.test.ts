import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readSshKeys } from '../../src/secrets/read-ssh-keys.js';
import { lockedKey, sshKeys } from './ssh-keys.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-ssh-keys-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const fileOf = (content: string, name = 'id'): string => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};
const read = async (...files: string[]) => readSshKeys({ id: 'default', keys: files }, {});

test.each(sshKeys)('the key that ssh-keygen wrote as $name signs for its public half', async ({ private: text }) => {
  const [key] = await read(fileOf(text));
  const { key: found } = key as NonNullable<typeof key>;
  const hash = found.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const data = Buffer.from('data');
  expect(verify(hash, data, createPublicKey(found), sign(hash, data, found))).toBe(true);
  expect(key?.text).toBe(text);
  expect(key?.mask).toContain(text.split('\n')[3]);
});

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
const ed = () => generateKeyPairSync('ed25519').privateKey;
test.each([
  ['pkcs1', rsa],
  ['pkcs8', rsa],
  ['sec1', ec],
  ['pkcs8', ec],
  ['pkcs8', ed],
] as const)('a key as PEM of %s is the same key, also with the ends of lines of Windows', async (type, make) => {
  const key = make();
  const text = key.export({ format: 'pem', type: type as 'pkcs8' }).toString();
  const [found] = await read(fileOf(text.replaceAll('\n', '\r\n')));
  expect(found?.key.equals(key)).toBe(true);
  expect(found?.text).toBe(text);
});

test('several keys keep their order, and variables hold keys, too', async () => {
  const [first, second] = sshKeys;
  const found = await read(fileOf(second.private, 'b'), fileOf(first.private, 'a'));
  expect(found.map(({ text }) => text)).toEqual([second.private, first.private]);
  const named = await readSshKeys({ id: 'default', env: ['KEY'] }, { KEY: first.private });
  expect(named[0]?.key.equals(found[1]?.key as never)).toBe(true);
});

describe('refused is', () => {
  const pem = (cipher?: string) =>
    rsa().export({ format: 'pem', type: 'pkcs8', ...(cipher === undefined ? {} : { cipher, passphrase: 'x' }) });
  const legacy = () => rsa().export({ format: 'pem', type: 'pkcs1', cipher: 'aes-256-cbc', passphrase: 'x' });
  const open = sshKeys[0].private;
  const body = (text: string) => Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64');
  const framed = (bytes: Buffer) =>
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
  const dsa = () => generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey;
  const hardware = () =>
    framed(
      Buffer.from(body(open).toString('latin1').replaceAll('ecdsa-sha2-nistp256', 'sk-ecdsa-sha2-p256x'), 'latin1'),
    );
  test.each<[string, () => string | Buffer, RegExp, RegExp]>([
    ['a passphrase, as OpenSSH has it', () => lockedKey, /has a passphrase/, /ssh-add/],
    ['a passphrase, as PKCS#8 has it', () => pem('aes-256-cbc'), /has a passphrase/, /ssh-add/],
    ['a passphrase, as PKCS#1 has it', legacy, /has a passphrase/, /ssh-add/],
    ['a public key', () => `ssh-ed25519 ${sshKeys[0].public} ann@host\n`, /is a public key/, /private key/],
    [
      'a public key as PEM',
      () => createPublicKey(createPrivateKey(pem())).export({ format: 'pem', type: 'spki' }),
      /is a public key/,
      /private key/,
    ],
    ['a key of PuTTY', () => 'PuTTY-User-Key-File-3: ssh-ed25519\n', /PuTTY's format/, /puttygen/],
    ['no key', () => 'password\n', /is no private key/, /ssh-keygen/],
    ['nothing', () => '', /is no private key/, /ssh-keygen/],
    ['a key that is cut', () => framed(body(open).subarray(0, 120)), /is damaged/, /whole/],
    ['a frame around nothing', () => framed(Buffer.from('nothing')), /is damaged/, /whole/],
    ['a key that nobody uses any more', () => dsa().export({ format: 'pem', type: 'pkcs8' }), /kind "dsa"/, /agent/],
    ['a key in hardware', hardware, /kind "sk-ecdsa-sha2-p256x"/, /agent/],
  ])('%s', async (_, content, message, hint) => {
    const file = fileOf(content().toString());
    await expect(read(file)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    await expect(read(file)).rejects.toMatchObject({ message: expect.stringContaining(`"${file}"`) });
  });

  test('a public key beside its private one, which is named', async () => {
    const file = fileOf(`ssh-ed25519 ${sshKeys[0].public}\n`, 'id.pub');
    await expect(read(file)).rejects.toMatchObject({ hint: `Name the private key: ${join(directory, 'id')}.` });
  });

  test.each([
    ['a file that is gone', () => read(join(directory, 'gone')), /ENOENT/],
    ['a directory', () => read(directory), /not a regular file/],
    ['a variable that is not set', () => readSshKeys({ id: 'a', env: ['KEY'] }, {}), /"KEY".*not set/],
  ])('%s', async (_, ask, message) => {
    await expect(ask()).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
  });
});

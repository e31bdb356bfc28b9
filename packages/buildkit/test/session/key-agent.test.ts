import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSshKeys, SshReader, sshString, sshUint32 } from '@dock/core/internal';
import { sshKeys } from '../../../core/test/secrets/ssh-keys.js';
import { keyAgent } from '../../src/session/ssh/key-agent.js';

let directory: string;
let keys: readonly KeyObject[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-key-agent-'));
  const files = sshKeys.map(({ name, private: text }) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  });
  keys = (await readSshKeys({ id: 'default', keys: files }, {})).map(({ key }) => key);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What an agent answers to these requests when they arrive in pieces of so many bytes. */
async function ask(requests: readonly Buffer[], pieceBytes = 1_000_000): Promise<readonly Buffer[]> {
  const bytes = Buffer.concat(requests);
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  const answers: Buffer[] = [];
  for await (const answer of keyAgent(keys, pieces())) answers.push(answer);
  return answers;
}

const request = (kind: number, ...fields: readonly Buffer[]) => sshString(Buffer.concat([Buffer.of(kind), ...fields]));
const failure = sshString(Buffer.of(5));

test('lists the public halves that ssh-keygen wrote', async () => {
  const [answer] = await ask([request(11)]);
  const whole = new SshReader(answer ?? Buffer.alloc(0)).string();
  expect(whole[0]).toBe(12);
  const listed = new SshReader(whole.subarray(1));
  const blobs = Array.from({ length: listed.uint32() }, () => [listed.string().toString('base64'), listed.text()]);
  expect(blobs).toEqual(sshKeys.map((key) => [key.public, '']));
});

/** The two numbers of a signature by a curve, each of so many bytes. */
function halves(bytes: Buffer, size: number): Buffer {
  const both = [new SshReader(bytes).mpint(), new SshReader(bytes.subarray(4 + bytes.readUInt32BE())).mpint()];
  return Buffer.concat(both.flatMap((half) => [Buffer.alloc(size - half.length), half]));
}

const algorithms: [string, number, string, string | undefined][] = [
  ['ed25519', 0, 'ssh-ed25519', undefined],
  ['ecdsa-256', 0, 'ecdsa-sha2-nistp256', 'sha256'],
  ['ecdsa-384', 0, 'ecdsa-sha2-nistp384', 'sha384'],
  ['ecdsa-521', 0, 'ecdsa-sha2-nistp521', 'sha512'],
  ['rsa-2048', 0, 'ssh-rsa', 'sha1'],
  ['rsa-2048', 2, 'rsa-sha2-256', 'sha256'],
  ['rsa-2048', 4, 'rsa-sha2-512', 'sha512'],
  ['rsa-2048', 6, 'rsa-sha2-512', 'sha512'],
];
describe('signs', () => {
  test.each(algorithms)('with %s and the flags %i by %s', async (name, flags, algorithm, hash) => {
    const at = sshKeys.findIndex((key) => key.name === name);
    const blob = Buffer.from(sshKeys[at]?.public ?? '', 'base64');
    const data = Buffer.from('what is signed');
    // A byte at a time: the builder cuts where it likes.
    const [answer] = await ask([request(13, sshString(blob), sshString(data), sshUint32(flags))], 1);
    const whole = new SshReader(answer ?? Buffer.alloc(0)).string();
    expect(whole[0]).toBe(14);
    const signed = new SshReader(new SshReader(whole.subarray(1)).string());
    expect(signed.text()).toBe(algorithm);
    const bytes = signed.string();
    const key = createPublicKey(keys[at] as KeyObject);
    const isCurve = algorithm.startsWith('ecdsa');
    const plain = isCurve ? halves(bytes, { sha256: 32, sha384: 48, sha512: 66 }[hash ?? ''] ?? 0) : bytes;
    expect(verify(hash, data, isCurve ? { key, dsaEncoding: 'ieee-p1363' } : key, plain)).toBe(true);
  });
});

test.each([
  ['a key that it does not have', request(13, sshString('ssh-ed25519'), sshString('data'), sshUint32(0))],
  ['a request that is cut', request(13, Buffer.of(0, 0, 9))],
  ['to take a key', request(17, sshString('ssh-ed25519'))],
  ['to give up a key', request(18, sshString('x'))],
  ['to give up all', request(19)],
  ['to be locked', request(22, sshString('word'))],
  ['an extension', request(27, sshString('query'))],
])('refuses %s, and answers what comes after', async (_, bytes) => {
  const [refused, listed] = await ask([bytes, request(11)]);
  expect(refused).toEqual(failure);
  expect(listed?.[4]).toBe(12);
});

test.each([
  ['more than a message may have', sshUint32(256 * 1024 + 1)],
  ['a message without a type', sshUint32(0)],
])('ends at %s', async (_, bytes) => {
  expect(await ask([request(11), bytes, request(11)])).toHaveLength(1);
});

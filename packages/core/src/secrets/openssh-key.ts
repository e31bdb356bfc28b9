import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SshReader } from './ssh-wire.js';

/** How a key in OpenSSH's own format begins. */
const magic = 'openssh-key-v1\0';

/** Names of curves, as ssh and as JSON web keys write them, with the bytes of a number. */
const curves: Readonly<Record<string, readonly [name: string, bytes: number]>> = {
  nistp256: ['P-256', 32],
  nistp384: ['P-384', 48],
  nistp521: ['P-521', 66],
};

/** What a file of OpenSSH holds: a key, or why it is none that can be used. */
export type OpensshKey = { readonly key: KeyObject } | { readonly cipher: string } | { readonly kind: string };

/**
 * Reads a private key in OpenSSH's own format (`PROTOCOL.key` of openssh), which Node's crypto does not know.
 *
 * @throws an error for bytes that are no such key
 */
export function readOpensshKey(bytes: Buffer): OpensshKey {
  if (bytes.subarray(0, magic.length).toString('latin1') !== magic) throw new RangeError('ssh: no openssh-key-v1');
  const outer = new SshReader(bytes.subarray(magic.length));
  const cipher = outer.text();
  if (cipher !== 'none') return { cipher };
  outer.text();
  outer.string();
  if (outer.uint32() !== 1) throw new RangeError('ssh: not one key');
  outer.string();
  const inner = new SshReader(outer.string());
  if (inner.uint32() !== inner.uint32()) throw new RangeError('ssh: the key is damaged');
  const kind = inner.text();
  const jwk = readFields(kind, inner);
  return jwk === undefined ? { kind } : { key: createPrivateKey({ key: jwk, format: 'jwk' }) };
}

function readFields(kind: string, inner: SshReader): Record<string, string> | undefined {
  if (kind === 'ssh-ed25519') {
    const x = inner.string();
    return { kty: 'OKP', crv: 'Ed25519', x: url(x), d: url(inner.string().subarray(0, 32)) };
  }
  if (kind === 'ssh-rsa') return readRsa(inner);
  const [, curve] = /^ecdsa-sha2-(\w+)$/.exec(kind) ?? [];
  const [crv, size] = curves[curve ?? ''] ?? [];
  if (crv === undefined || size === undefined) return undefined;
  inner.text();
  const point = inner.string().subarray(1);
  const d = inner.mpint();
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, size - d.length)), d]);
  return { kty: 'EC', crv, x: url(point.subarray(0, size)), y: url(point.subarray(size)), d: url(padded) };
}

/** Two numbers that RSA needs are not in the file. */
function readRsa(inner: SshReader): Record<string, string> {
  const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => inner.mpint()) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const without = (prime: Buffer) => numberBytes(numberOf(d) % (numberOf(prime) - 1n));
  const [dp, dq] = [without(p), without(q)];
  return { kty: 'RSA', n: url(n), e: url(e), d: url(d), p: url(p), q: url(q), dp: url(dp), dq: url(dq), qi: url(qi) };
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

function numberBytes(value: bigint): Buffer {
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

function url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

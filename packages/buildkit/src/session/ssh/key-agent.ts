import { createPublicKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { SshReader, sshMpint, sshString, sshUint32 } from '@dock/core/internal';

/** Numbers of messages (draft-ietf-sshm-ssh-agent, section 5.1). */
const message = { failure: 5, askIdentities: 11, identities: 12, askSignature: 13, signature: 14 } as const;

/** What a client asks of an RSA signature, by its flags; without any it is SHA-1. */
const rsaHashes = [
  { flag: 4, algorithm: 'rsa-sha2-512', hash: 'sha512' },
  { flag: 2, algorithm: 'rsa-sha2-256', hash: 'sha256' },
] as const;

/** Curves by their names in a JSON web key, with the hash that goes with each (RFC 5656). */
const curves: Readonly<Record<string, readonly [name: string, hash: string]>> = {
  'P-256': ['nistp256', 'sha256'],
  'P-384': ['nistp384', 'sha384'],
  'P-521': ['nistp521', 'sha512'],
};

/** Most bytes of one message: OpenSSH's own limit. */
const messageLimit = 256 * 1024;

/** One key of an agent: its public half, and what signs with it. */
interface Identity {
  readonly blob: Buffer;
  sign(data: Uint8Array, flags: number): Buffer;
}

/**
 * An ssh agent in memory that has some keys: it lists them and signs with them. Whatever else is asked of it, to take more keys or to give some up, fails, as
 * buildx's does.
 *
 * @param requests What a client sends, cut anywhere.
 * @returns an answer to each request; it ends with the client, or after a request that is no agent's
 */
export async function* keyAgent(
  keys: readonly KeyObject[],
  requests: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void> {
  const identities = keys.map(identityOf);
  let pending: Buffer = Buffer.alloc(0);
  for await (const bytes of requests) {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 4) {
      const length = pending.readUInt32BE();
      if (length === 0 || length > messageLimit) return;
      if (pending.length < 4 + length) break;
      yield sshString(answer(identities, pending.subarray(4, 4 + length)));
      pending = pending.subarray(4 + length);
    }
  }
}

function answer(identities: readonly Identity[], request: Buffer): Buffer {
  try {
    const kind = request[0];
    if (kind === message.askIdentities) {
      const listed = identities.map(({ blob }) => Buffer.concat([sshString(blob), sshString('')]));
      return Buffer.concat([Buffer.of(message.identities), sshUint32(listed.length), ...listed]);
    }
    if (kind === message.askSignature) {
      const asked = new SshReader(request.subarray(1));
      const blob = asked.string();
      const data = asked.string();
      const flags = asked.uint32();
      const identity = identities.find((each) => each.blob.equals(blob));
      if (identity !== undefined)
        return Buffer.concat([Buffer.of(message.signature), sshString(identity.sign(data, flags))]);
    }
  } catch {
    // A request that is cut, or a hash that this machine's crypto does not allow: the client is told that it failed.
  }
  return Buffer.of(message.failure);
}

function identityOf(key: KeyObject): Identity {
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  if (jwk.kty === 'RSA') return rsaIdentity(key, jwk);
  return jwk.kty === 'EC' ? curveIdentity(key, jwk) : edIdentity(key, jwk);
}

function rsaIdentity(key: KeyObject, { n, e }: JsonWebKey): Identity {
  return {
    blob: Buffer.concat([sshString('ssh-rsa'), sshMpint(bytesOf(e)), sshMpint(bytesOf(n))]),
    sign(data, flags) {
      const asked = rsaHashes.find(({ flag }) => (flags & flag) !== 0) ?? { algorithm: 'ssh-rsa', hash: 'sha1' };
      return signature(asked.algorithm, sign(asked.hash, data, key));
    },
  };
}

function curveIdentity(key: KeyObject, { crv = '', x, y }: JsonWebKey): Identity {
  const [curve = '', hash] = curves[crv] ?? [];
  const algorithm = `ecdsa-sha2-${curve}`;
  const point = Buffer.concat([Buffer.of(4), bytesOf(x), bytesOf(y)]);
  return {
    blob: Buffer.concat([sshString(algorithm), sshString(curve), sshString(point)]),
    sign(data) {
      const both = sign(hash, data, { key, dsaEncoding: 'ieee-p1363' });
      const half = both.length / 2;
      return signature(algorithm, Buffer.concat([sshMpint(both.subarray(0, half)), sshMpint(both.subarray(half))]));
    },
  };
}

function edIdentity(key: KeyObject, { x }: JsonWebKey): Identity {
  return {
    blob: Buffer.concat([sshString('ssh-ed25519'), sshString(bytesOf(x))]),
    sign: (data) => signature('ssh-ed25519', sign(null, data, key)),
  };
}

function signature(algorithm: string, bytes: Buffer): Buffer {
  return Buffer.concat([sshString(algorithm), sshString(bytes)]);
}

function bytesOf(field: string | undefined): Buffer {
  return Buffer.from(field ?? '', 'base64url');
}

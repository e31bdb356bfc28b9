import { createHmac, createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What stands before the seed of a private key of Ed25519 (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Bytes of a public key, at the end of its DER form. */
const publicBytes = 32;

/**
 * Proves to a builder that two calls come from one client, so that a token which one of its sessions got serves another of its own (moby/buildkit,
 * `session/auth/authprovider`). The seed lives as long as this object.
 */
export class TokenAuthority {
  readonly #seed = randomBytes(32);

  publicKey(host: string, salt: Uint8Array): Buffer {
    const der = createPublicKey(this.#keyOf(host, salt)).export({ type: 'spki', format: 'der' });
    return der.subarray(der.length - publicBytes);
  }

  /** The payload behind its signature, as NaCl's `sign` has it. */
  signed(host: string, salt: Uint8Array, payload: Uint8Array): Buffer {
    return Buffer.concat([sign(null, payload, this.#keyOf(host, salt)), payload]);
  }

  #keyOf(host: string, salt: Uint8Array): KeyObject {
    const seed = createHmac('sha256', salt).update(this.#seed).update(host).digest();
    return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
  }
}

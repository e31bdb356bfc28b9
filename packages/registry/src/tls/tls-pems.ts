import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { DockError } from '@dock/core';

/** The PEM texts of one side of TLS. */
export interface TlsPems {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What each of them is called in messages: its file. */
export type PemNames = Readonly<Record<keyof TlsPems, string>>;

/** Check that texts are what they should be, and belong together. @throws what `fail` makes */
export function checkTlsPems({ ca, cert, key }: TlsPems, names: PemNames, fail: (message: string) => DockError): void {
  const parsed = <T>(parse: () => T, what: string): T => {
    try {
      return parse();
    } catch {
      throw fail(what);
    }
  };
  if (ca !== undefined) parsed(() => new X509Certificate(ca), `"${names.ca}" holds no certificate`);
  if (cert === undefined || key === undefined) return;
  const leaf = parsed(() => new X509Certificate(cert), `"${names.cert}" holds no certificate`);
  const secret = parsed(() => createPrivateKey(key), `"${names.key}" holds no private key without a passphrase`);
  if (!leaf.checkPrivateKey(secret)) throw fail(`"${names.cert}" and "${names.key}" do not belong together`);
}

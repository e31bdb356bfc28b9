/** What is wrong with TLS: the server's certificate has expired, is not valid yet, has another name, or comes from an unknown authority; or ours is refused. */
export type TlsFault = 'expired' | 'early' | 'name' | 'authority' | 'client' | 'other';

/** The fault behind an error's code, Node's or OpenSSL's; undefined for one that has nothing to do with TLS. */
export function tlsFault(code: string): TlsFault | undefined {
  if (code === 'CERT_HAS_EXPIRED') return 'expired';
  if (code === 'CERT_NOT_YET_VALID') return 'early';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'name';
  if (/SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|CERT_UNTRUSTED|CERT_SIGNATURE/.test(code)) return 'authority';
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|CERT_REVOKED/.test(code)) return 'client';
  return /CERT|TLS|SSL|EPROTO/.test(code) ? 'other' : undefined;
}

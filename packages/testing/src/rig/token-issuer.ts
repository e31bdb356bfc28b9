import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The token server of a registry. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly service: string;
  readonly username: string;
  readonly password: string;
  /** PEM with the private key (EC P-256) whose certificate the registry trusts. */
  readonly keyFile: string;
  /** Seconds that a token is good for. */
  readonly expiresIn: number;
}

/** What a client asks for a token with. */
export interface TokenRequest {
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** The answer, its body to be sent as JSON. */
export interface TokenAnswer {
  readonly status: 200 | 401;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Answers `GET /token?service=…&scope=…` with basic credentials and `POST /token` with a password or refresh token, as the distribution project's
 * "Token Authentication Specification" and its OAuth2 supplement have it. Without credentials it refuses: nothing here is public.
 */
export function answerToken(issuer: TokenIssuer, request: TokenRequest): TokenAnswer {
  const { query, form, authorization } = request;
  const refreshToken = refreshTokenOf(issuer);
  const basic = `Basic ${Buffer.from(`${issuer.username}:${issuer.password}`).toString('base64')}`;
  const isKnown =
    authorization === basic ||
    (form.get('username') === issuer.username && form.get('password') === issuer.password) ||
    form.get('refresh_token') === refreshToken;
  if (!isKnown) {
    return { status: 401, body: { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] } };
  }
  const scopes = [...query.getAll('scope'), ...form.getAll('scope')].flatMap((scope) => scope.split(' '));
  const token = signToken(issuer, scopes);
  const isOffline = query.get('offline_token') === 'true' || form.get('access_type') === 'offline';
  return {
    status: 200,
    body: {
      token,
      access_token: token,
      expires_in: issuer.expiresIn,
      issued_at: new Date().toISOString(),
      ...(isOffline ? { refresh_token: refreshToken } : {}),
    },
  };
}

function signToken(issuer: TokenIssuer, scopes: readonly string[]): string {
  const key = createPrivateKey(readFileSync(issuer.keyFile));
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.filter(Boolean).map((scope) => {
    // The name may hold colons (a host with its port), type and actions cannot.
    const [type = '', ...rest] = scope.split(':');
    return { type, actions: (rest.pop() ?? '').split(','), name: rest.join(':') };
  });
  const head = { typ: 'JWT', alg: 'ES256', kid: keyId(key) };
  const claims = {
    iss: issuer.issuer,
    sub: issuer.username,
    aud: issuer.service,
    iat: now,
    nbf: now - 10,
    exp: now + issuer.expiresIn,
    jti: randomUUID(),
    access,
  };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode(head)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

/** The name of a key in libtrust's form: the first 30 bytes of the SHA-256 over its public DER, in base32, in groups of four. */
function keyId(key: ReturnType<typeof createPrivateKey>): string {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const bits = [...createHash('sha256').update(der).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = (bits.match(/.{5}/g) ?? []).map(
    (group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)],
  );
  return (letters.join('').match(/.{4}/g) ?? []).join(':');
}

function refreshTokenOf(issuer: TokenIssuer): string {
  return createHash('sha256').update(`refresh ${issuer.username} ${issuer.password}`).digest('hex');
}

import type { DockError, RegistryCredential } from '@dock/core';
import { type Challenge, parseChallenges } from './challenge.js';
import type { Exchange, ExchangeRequest } from './http-exchange.js';
import { authFailed, registryError, registryNonsense } from './registry-error.js';

/** How an access right is asked for. */
export interface AccessRequest {
  readonly registry: string;
  /** For messages. */
  readonly subject: string;
  /** `repository:<name>:pull[,push]`; absent for the registry as a whole. */
  readonly scope?: string;
  /** Whether the challenge's own scope is taken where it has one. */
  readonly prefersChallengeScope: boolean;
}

/** What is sent from then on. */
export interface Authorization {
  readonly scheme: 'basic' | 'bearer';
  /** Value of the `Authorization` header. */
  readonly header: string;
  /** The credential behind it; absent for an anonymous token. */
  readonly credential: RegistryCredential | undefined;
  /** Access token, for `bearer`. */
  readonly token?: string;
}

/** How a token server is reached. */
export interface TokenTransport {
  send(request: Pick<ExchangeRequest, 'url' | 'method' | 'headers' | 'body' | 'maxBytes'>): Promise<Exchange>;
  /** Whether http is allowed to a host. */
  readonly isInsecure: (host: string) => boolean;
}

const clientId = 'dock';
const tokenLimit = 1024 * 1024;

function basicHeader(credential: RegistryCredential): string | undefined {
  const { username, password } = credential;
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

function realmUrl(challenge: Challenge, request: AccessRequest, transport: TokenTransport): URL {
  const text = challenge.parameters.get('realm') ?? '';
  if (!URL.canParse(text))
    throw registryNonsense(request.registry, `names ${JSON.stringify(text)} as its token server`);
  const url = new URL(text);
  const isAllowed = url.protocol === 'https:' || (url.protocol === 'http:' && transport.isInsecure(url.host));
  if (!isAllowed || url.username !== '' || url.password !== '')
    throw registryNonsense(request.registry, `names a token server that is not https: "${url.protocol}//${url.host}"`);
  return url;
}

function accessToken(answer: Exchange, request: AccessRequest): string {
  let body: unknown;
  try {
    body = JSON.parse(answer.body.toString('utf8'));
  } catch {
    throw registryNonsense(request.registry, `has a token server ("${answer.url.host}") that does not answer in JSON`);
  }
  const fields =
    typeof body === 'object' && body !== null
      ? new Map<string, unknown>(Object.entries(body))
      : new Map<string, unknown>();
  const token = fields.get('token') ?? fields.get('access_token');
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw registryNonsense(request.registry, `has a token server ("${answer.url.host}") that gives no token`);
  return token;
}

async function fetchToken(
  challenge: Challenge,
  request: AccessRequest,
  credential: RegistryCredential | undefined,
  transport: TokenTransport,
): Promise<Exchange> {
  const url = realmUrl(challenge, request, transport);
  const offered = request.prefersChallengeScope ? challenge.parameters.get('scope') : undefined;
  const scope = offered ?? request.scope;
  const service = challenge.parameters.get('service');
  const parameters = new URLSearchParams({
    ...(service === undefined ? {} : { service }),
  });
  const common = { maxBytes: tokenLimit };
  if (credential?.identityToken !== undefined) {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: credential.identityToken,
    });
    for (const [key, value] of parameters) body.set(key, value);
    if (scope !== undefined) body.set('scope', scope);
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    return transport.send({ ...common, url, method: 'POST', headers, body: body.toString() });
  }
  for (const [key, value] of parameters) url.searchParams.append(key, value);
  // Several scopes are several parameters there, and one with spaces in OAuth2.
  for (const each of scope?.split(' ') ?? []) url.searchParams.append('scope', each);
  if (credential?.username !== undefined) url.searchParams.set('account', credential.username);
  const basic = credential === undefined ? undefined : basicHeader(credential);
  const headers = { accept: 'application/json', ...(basic === undefined ? {} : { authorization: basic }) };
  return transport.send({ ...common, url, method: 'GET', headers });
}

async function bearer(
  challenge: Challenge,
  request: AccessRequest,
  credential: RegistryCredential | undefined,
  transport: TokenTransport,
): Promise<Authorization> {
  const stored = credential?.registryToken;
  if (stored !== undefined) return { scheme: 'bearer', header: `Bearer ${stored}`, credential, token: stored };
  const answer = await fetchToken(challenge, request, credential, transport);
  const { status, body } = answer;
  const isRefused = status === 401 || status === 403 || (status === 400 && credential?.identityToken !== undefined);
  if (isRefused) throw authFailed({ ...request, status, credential, body });
  if (status !== 200) throw registryError(request.registry, `a token from "${answer.url.host}"`, answer);
  const token = accessToken(answer, request);
  return { scheme: 'bearer', header: `Bearer ${token}`, credential, token };
}

function basic(request: AccessRequest, credential: RegistryCredential | undefined, answer: Exchange): Authorization {
  const fail = (why?: string): DockError =>
    authFailed({
      ...request,
      status: answer.status,
      credential,
      body: answer.body,
      ...(why === undefined ? {} : { why }),
    });
  if (credential === undefined) throw fail();
  const header = basicHeader(credential);
  if (header === undefined) throw fail('it wants user and password, but a token is stored');
  return { scheme: 'basic', header, credential };
}

/**
 * Answer a 401: trade the stored credentials (or none) for a token at the realm that the registry names, or send them as Basic. The
 * realm has to be https, or http on loopback or a listed insecure host.
 *
 * @throws AUTH_FAILED, REGISTRY_ERROR, REGISTRY_UNREACHABLE
 */
export async function authorize(
  answer: Exchange,
  request: AccessRequest,
  credential: RegistryCredential | undefined,
  transport: TokenTransport,
): Promise<Authorization> {
  const challenges = parseChallenges(answer.headers['www-authenticate'] ?? '');
  const bearerChallenge = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearerChallenge !== undefined) return bearer(bearerChallenge, request, credential, transport);
  if (challenges.some(({ scheme }) => scheme === 'basic')) return basic(request, credential, answer);
  throw authFailed({
    ...request,
    status: answer.status,
    credential: undefined,
    why: 'it asks for no known kind of authentication',
  });
}

/**
 * The actions that a token grants on a repository, when it is a JWT with an `access` claim (distribution's token specification).
 * `undefined` when the token does not say.
 */
export function grantedActions(token: string, repository: string): readonly string[] | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined || token.split('.').length !== 3) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { access?: unknown } | null;
    if (!Array.isArray(claims?.access)) return undefined;
    const entries = claims.access as ({ name?: unknown; actions?: unknown } | null)[];
    const own = entries.filter((entry) => entry?.name === repository);
    // Some token servers name a project, a pattern, or the repository behind a front: what that means, only the registry knows.
    if (own.length === 0 && entries.length > 0) return undefined;
    return own
      .flatMap((entry) => (Array.isArray(entry?.actions) ? (entry.actions as unknown[]) : []))
      .filter((action) => typeof action === 'string');
  } catch {
    return undefined;
  }
}

import { isDockError, type RegistryCredential } from '@dock/core';
import type { CredentialStore } from '../credentials/credential-store.js';
import { isDockerHub } from '../credentials/registry-host.js';
import { exchange, type Exchange, type ExchangeRequest, type TrustStore } from './http-exchange.js';
import type { InsecureRegistries } from './insecure-registries.js';
import { type AccessRequest, type Authorization, authorize, type TokenTransport } from './registry-authorization.js';
import { connectionError, RegistryDeadline, registryNonsense } from './registry-error.js';

/** What every call of a client shares. */
export interface RegistrySettings {
  readonly credentials: CredentialStore;
  readonly insecure: InsecureRegistries;
  readonly trust: TrustStore;
  /** Deadline of one whole call, ms. */
  readonly timeoutMs: number;
  /** Scheme that last worked, by host; only ever filled for insecure hosts. */
  readonly schemes: Map<string, 'https' | 'http'>;
  /** Called with every access token before it is used. */
  readonly addSecret?: ((secret: string) => void) | undefined;
}

/** A request below `/v2/`. */
export interface SessionRequest {
  readonly method: 'GET' | 'HEAD';
  /** `/v2/…` */
  readonly path: string;
  readonly accept?: string;
  readonly maxBytes: number;
  readonly access: AccessRequest;
}

/** One call to one registry: it ends at its deadline and forgets its tokens. */
export interface RegistrySession {
  /** Send, answer a 401 once, follow redirects without credentials to other hosts. */
  request(request: SessionRequest): Promise<Exchange>;
  /** How the registry was authorised so far. */
  authorization(): Authorization | undefined;
  /** The stored credential, asked for once per session and only when needed. */
  credential(): Promise<RegistryCredential | undefined>;
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 5;

/** Host that serves a registry's API: Docker Hub's differs from its name. */
export function apiHost(registry: string): string {
  return isDockerHub(registry) ? 'registry-1.docker.io' : registry;
}

function redirectTarget(answer: Exchange, settings: RegistrySettings, registry: string): URL {
  const location = answer.headers.location ?? '';
  if (!URL.canParse(location, answer.url.href)) throw registryNonsense(registry, 'redirects to nowhere');
  const target = new URL(location, answer.url);
  const isAllowed =
    target.protocol === 'https:' || (target.protocol === 'http:' && settings.insecure.isInsecure(target.host));
  if (!isAllowed)
    throw registryNonsense(registry, `redirects to "${target.protocol}//${target.host}", which is not https`);
  return target;
}

/** Open a call. `signal` is already the combined one; `callerSignal` tells an abort from the deadline. */
export function openSession(
  settings: RegistrySettings,
  registry: string,
  signal: AbortSignal,
  callerSignal: AbortSignal | undefined,
): RegistrySession {
  const host = apiHost(registry);
  let current: Authorization | undefined;
  let stored: Promise<RegistryCredential | undefined> | undefined;

  const send = async (request: Omit<ExchangeRequest, 'trust' | 'verifyTls' | 'signal'>): Promise<Exchange> => {
    try {
      const verifyTls = !settings.insecure.isInsecure(request.url.host);
      return await exchange({ ...request, trust: settings.trust, verifyTls, signal });
    } catch (error) {
      throw connectionError(registry, request.url.host, error, callerSignal);
    }
  };

  /** An insecure host is tried over https first, then over http. */
  const sendToRegistry = async (
    path: string,
    rest: Pick<ExchangeRequest, 'method' | 'headers' | 'maxBytes'>,
  ): Promise<Exchange> => {
    const attempt = (scheme: 'https' | 'http'): Promise<Exchange> =>
      send({ ...rest, url: new URL(path, `${scheme}://${host}`) });
    const known = settings.schemes.get(host);
    if (known !== undefined || !settings.insecure.isInsecure(host)) return attempt(known ?? 'https');
    try {
      const { authorization: _, ...anonymous } = rest.headers;
      const answer = await send({ ...rest, headers: anonymous, url: new URL(path, `https://${host}`) });
      settings.schemes.set(host, 'https');
      return answer;
    } catch (error) {
      const isUnreachable = isDockError(error) && error.code === 'REGISTRY_UNREACHABLE';
      if (signal.aborted || !isUnreachable) throw error;
      const answer = await attempt('http');
      settings.schemes.set(host, 'http');
      return answer;
    }
  };

  const transport: TokenTransport = { send, isInsecure: (name) => settings.insecure.isInsecure(name) };

  const credential = (): Promise<RegistryCredential | undefined> => {
    stored ??= settings.credentials.get(registry, { signal });
    return stored;
  };

  const follow = async (
    first: Exchange,
    request: SessionRequest,
    headers: Readonly<Record<string, string>>,
  ): Promise<Exchange> => {
    let answer = first;
    for (let hops = 0; redirects.has(answer.status); hops += 1) {
      if (hops === maxRedirects) throw registryNonsense(registry, `redirects more than ${maxRedirects} times`);
      const url = redirectTarget(answer, settings, registry);
      const isSameOrigin = url.origin === first.url.origin;
      const { authorization, ...others } = headers;
      const kept = isSameOrigin && authorization !== undefined ? { ...others, authorization } : others;
      answer = await send({ url, method: request.method, headers: kept, maxBytes: request.maxBytes });
    }
    return answer;
  };

  return {
    credential,
    authorization: () => current,
    async request(request) {
      const rest = { method: request.method, maxBytes: request.maxBytes };
      const accept: Record<string, string> = request.accept === undefined ? {} : { accept: request.accept };
      const headers = (): Record<string, string> =>
        current === undefined ? accept : { ...accept, authorization: current.header };
      let answer = await sendToRegistry(request.path, { ...rest, headers: headers() });
      if (answer.status === 401 && current === undefined) {
        current = await authorize(answer, request.access, await credential(), transport);
        if (current.token !== undefined) settings.addSecret?.(current.token);
        answer = await sendToRegistry(request.path, { ...rest, headers: headers() });
      }
      return follow(answer, request, headers());
    },
  };
}

/** Run one call under its deadline and the caller's signal. */
export async function withDeadline<T>(
  timeoutMs: number,
  callerSignal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new RegistryDeadline(timeoutMs)), timeoutMs);
  const signals = callerSignal === undefined ? [deadline.signal] : [deadline.signal, callerSignal];
  try {
    return await call(AbortSignal.any(signals));
  } finally {
    clearTimeout(timer);
  }
}

import { DockError, isDockError } from '@dock/core';
import { setLimit } from '@dock/core/internal';
import type { CredentialStore } from '../credentials/credential-store.js';
import { type FoundCredential, tryCredential, withheld } from '../credentials/registry-access.js';
import { isDockerHub } from '../credentials/registry-host.js';
import { CallersFailure, type Content, failingAs } from './callers-failure.js';
import { exchange, type Exchange, type ExchangeRequest, type TrustStore } from './http-exchange.js';
import type { InsecureRegistries } from './insecure-registries.js';
import { type AccessRequest, type Authorization, authorize, type TokenTransport } from './registry-authorization.js';
import { connectionError, isNoWay, RegistryDeadline, registryNonsense } from './registry-error.js';

/** What every call of a client shares. */
export interface RegistrySettings {
  readonly credentials: CredentialStore;
  readonly insecure: InsecureRegistries;
  readonly trust: TrustStore;
  /** Deadline of one whole call, ms. */
  readonly timeoutMs: number;
  /** Scheme that last worked, by host; only ever filled for insecure hosts. */
  readonly schemes: Map<string, 'https' | 'http'>;
  /** Origins to which no way leads from here, so that this is found out once and not for each question. */
  readonly closed: ClosedOrigins;
  /** Called with every access token before it is used. */
  readonly addSecret?: ((secret: string) => void) | undefined;
}

/** Origins (scheme, host and port) that could not be reached, for a while: where https is dropped, http may well be answered. */
export class ClosedOrigins {
  /** Until when an origin counts as closed, and why. */
  readonly #known = new Map<string, { readonly error: DockError; readonly until: number }>();

  /** @throws REGISTRY_UNREACHABLE when the origin is known to be out of reach */
  check(origin: string): void {
    const known = this.#known.get(origin);
    if (known === undefined || performance.now() >= known.until) return;
    const { code, message, hint, retryable, details } = known.error;
    throw new DockError(code, message, { hint, retryable, ...(details === undefined ? {} : { details }) });
  }

  note(origin: string, error: DockError): void {
    this.#known.set(origin, { error, until: performance.now() + closedMs });
  }
}

/** Where a request goes. */
interface Place {
  /** `/v2/…` */
  readonly path?: string;
  /** An address that the registry named, where an upload goes on, instead of a path. It is asked as it is: no redirect is followed. */
  readonly url?: URL;
}

/** A request below `/v2/`. */
export interface SessionRequest
  extends Pick<ExchangeRequest, 'method' | 'maxBytes' | 'body' | 'take' | 'idleMs'>,
    Place {
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly access: AccessRequest;
}

/** One call to one registry: it ends at its deadline and forgets its tokens. */
export interface RegistrySession {
  /** Send, answer a 401 once, follow redirects without credentials to other hosts. */
  request(request: SessionRequest): Promise<Exchange>;
  /** How the registry was authorised so far. */
  authorization(): Authorization | undefined;
  /** The stored credential, asked for once per session and only when needed, and why it could not be had. */
  credential(): Promise<FoundCredential>;
  /** The failure of a refused call. */
  refused(error: DockError): DockError;
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const maxRedirects = 5;
/** How long an origin without a way to it is not asked again, ms. */
const closedMs = 300_000;

/** Host that serves a registry's API: Docker Hub's differs from its name. */
export function apiHost(registry: string): string {
  return isDockerHub(registry) ? 'registry-1.docker.io' : registry;
}

/** Only https, or http where that is allowed. */
function checkTarget(target: URL, settings: RegistrySettings, registry: string): void {
  const isAllowed =
    target.protocol === 'https:' || (target.protocol === 'http:' && settings.insecure.isInsecure(target.host));
  if (!isAllowed)
    throw registryNonsense(registry, `redirects to "${target.protocol}//${target.host}", which is not https`);
}

function redirectTarget(answer: Exchange, settings: RegistrySettings, registry: string): URL {
  const location = answer.headers.location ?? '';
  if (!URL.canParse(location, answer.url.href)) throw registryNonsense(registry, 'redirects to nowhere');
  const target = new URL(location, answer.url);
  checkTarget(target, settings, registry);
  return target;
}

/** Open a call. `callerSignal` tells an abort from the deadline. */
export function openSession(
  settings: RegistrySettings,
  registry: string,
  deadline: CallDeadline,
  callerSignal: AbortSignal | undefined,
): RegistrySession {
  const host = apiHost(registry);
  let current: Authorization | undefined;
  let stored: Promise<FoundCredential> | undefined;
  let problem: DockError | undefined;
  const { signal } = deadline;

  const send = async (request: Omit<ExchangeRequest, 'trust' | 'verifyTls' | 'signal'>): Promise<Exchange> => {
    const { host: asked, origin } = request.url;
    settings.closed.check(origin);
    const told = (caught: unknown): DockError => connectionError(registry, asked, caught, callerSignal);
    const { take } = request;
    const reading = take === undefined ? {} : { take: async (content: Content) => take(failingAs(content, told)) };
    try {
      const verifyTls = !settings.insecure.isInsecure(asked);
      return await exchange({ ...request, ...reading, trust: settings.trust, verifyTls, signal });
    } catch (caught) {
      if (caught instanceof CallersFailure) throw caught;
      const error = told(caught);
      if (isNoWay(caught) && error.code === 'REGISTRY_UNREACHABLE') settings.closed.note(origin, error);
      throw error;
    }
  };

  /** An insecure host is tried over https first, then over http. */
  const sendToRegistry = async (
    path: string,
    rest: Omit<ExchangeRequest, 'url' | 'trust' | 'verifyTls' | 'signal'>,
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

  const credential = (): Promise<FoundCredential> => {
    const source = { credentials: settings.credentials };
    // A person who unlocks a key ring does not use up the registry's time.
    stored ??= deadline.pausedFor(tryCredential(source, registry, callerSignal)).then((found) => {
      problem = found.problem;
      return found;
    });
    return stored;
  };
  const refused = (error: DockError): DockError => withheld(error, problem);

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
      const { method, maxBytes, take, idleMs } = request;
      answer = await send({
        ...{ url, method, headers: kept, maxBytes },
        ...(take === undefined ? {} : { take }),
        ...(idleMs === undefined ? {} : { idleMs }),
      });
    }
    return answer;
  };

  return {
    credential,
    refused,
    authorization: () => current,
    async request(request) {
      const { path = '/v2/', url, accept, access, headers: given, ...rest } = request;
      const plain = { ...given, ...(accept === undefined ? {} : { accept }) };
      const headers = (): Record<string, string> =>
        current === undefined ? plain : { ...plain, authorization: current.header };
      if (url !== undefined) {
        const isOwn = url.host === host;
        checkTarget(url, settings, registry);
        return send({ ...rest, url, headers: isOwn ? headers() : plain });
      }
      let answer = await sendToRegistry(path, { ...rest, headers: headers() });
      if (answer.status === 401 && current === undefined) {
        const found = await credential();
        current = await authorize(answer, access, found.credential, transport);
        if (current.token !== undefined) settings.addSecret?.(current.token);
        answer = await sendToRegistry(path, { ...rest, headers: headers() });
      }
      return follow(answer, request, headers());
    },
  };
}

/** The time of one call. */
export interface CallDeadline {
  /** Aborts at the deadline, or with the caller. */
  readonly signal: AbortSignal;
  /** Wait for something that is not the registry's to answer. */
  pausedFor<T>(work: Promise<T>): Promise<T>;
}

/** Run one call under its deadline (0 is none) and the caller's signal. */
export async function withDeadline<T>(
  timeoutMs: number,
  callerSignal: AbortSignal | undefined,
  call: (deadline: CallDeadline) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  let leftMs = timeoutMs;
  let startedAt = performance.now();
  const start = () => {
    startedAt = performance.now();
    return setLimit(leftMs, () => own.abort(new RegistryDeadline(timeoutMs)));
  };
  let release = start();
  const pausedFor = async <V>(work: Promise<V>): Promise<V> => {
    release();
    leftMs = leftMs === 0 ? 0 : Math.max(1, leftMs - (performance.now() - startedAt));
    try {
      return await work;
    } finally {
      release = start();
    }
  };
  const signals = callerSignal === undefined ? [own.signal] : [own.signal, callerSignal];
  try {
    return await call({ signal: AbortSignal.any(signals), pausedFor });
  } finally {
    release();
  }
}

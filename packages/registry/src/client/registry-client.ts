import { DockError, type ImageReference, isDockError } from '@dock/core';
import type { CredentialStore } from '../credentials/credential-store.js';
import { type Exchange, trustAlso } from './http-exchange.js';
import { isRegistryHost, parseInsecureRegistries } from './insecure-registries.js';
import { digestLike, manifestAccept, manifestLimit, readManifest, type RegistryManifest } from './manifest.js';
import { isDigest, ociViolations } from './oci-schema.js';
import { type AccessRequest, grantedActions } from './registry-authorization.js';
import { authFailed, registryError, registryNonsense, wrongBytes } from './registry-error.js';
import {
  ClosedHosts,
  openSession,
  type RegistrySession,
  type RegistrySettings,
  withDeadline,
} from './registry-session.js';

/** What {@link createRegistryClient} needs. */
export interface RegistryClientOptions {
  readonly credentials: CredentialStore;
  /** Hosts, `host:port` or networks that may be spoken to over http or unverified https; loopback always may. */
  readonly insecureRegistries?: readonly string[];
  /** CA certificates (PEM) beside Node's own roots. */
  readonly ca?: string | readonly string[];
  /** Deadline of one whole call with its token requests, ms. @default 30000 */
  readonly timeoutMs?: number;
  /** Called with every access token before it is used, so that it can be masked. */
  readonly addSecret?: (secret: string) => void;
}

/** Options of one call. */
export interface RegistryCallOptions {
  readonly signal?: AbortSignal;
  /** Deadline of this call, ms. @default the client's */
  readonly timeoutMs?: number;
}

/** What to ask for beside an answer. */
export interface PingOptions extends RegistryCallOptions {
  /** Repository whose rights are asked for. */
  readonly repository?: string;
  /** @default 'pull' */
  readonly access?: 'pull' | 'push';
}

/** A registry that answers. */
export interface RegistryPing {
  readonly registry: string;
  /** What the registry wants. */
  readonly auth: 'none' | 'basic' | 'bearer';
  /** Whether credentials were sent, and accepted: a registry that asks for none is not asked about them. */
  readonly hasCredentials: boolean;
  /** Where they come from, never their value. */
  readonly credentialOrigin?: string;
  /** Whether the asked-for access is granted, as far as the registry tells before a transfer. */
  readonly access: 'granted' | 'unknown';
}

/** Read-only questions to registries, asked directly and not through an engine. */
export interface RegistryClient {
  /**
   * Ask whether a registry answers, takes our credentials and, with `repository`, grants the access.
   *
   * @throws AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR, CREDENTIAL_HELPER_FAILED, CONFIG_ERROR, CANCELLED
   */
  ping(registry: string, options?: PingOptions): Promise<RegistryPing>;
  /** The manifest of a reference (digest, else tag, else `latest`); `undefined` when the registry has none. @throws as {@link RegistryClient.ping} */
  getManifest(reference: ImageReference, options?: RegistryCallOptions): Promise<RegistryManifest | undefined>;
  /** The image config with a digest, checked against it; `undefined` when the registry has none. @throws as {@link RegistryClient.ping} */
  getConfig(
    reference: ImageReference,
    digest: string,
    options?: RegistryCallOptions,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
}

const repositoryPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const answerLimit = 1024 * 1024;

function checkRegistry(registry: string): void {
  if (!isRegistryHost(registry))
    throw new DockError('INVALID_IMAGE_NAME', `${JSON.stringify(registry)} is not a registry host`);
}

/** The last part of a manifest's path. It goes into a URL, so it is checked here again. */
function manifestTarget({ registry, repository, tag, digest }: ImageReference): { target: string; subject: string } {
  checkRegistry(registry);
  const target = digest ?? tag ?? 'latest';
  const isTarget = digest === undefined ? tagPattern.test(target) : isDigest(digest);
  if (!repositoryPattern.test(repository) || repository.length > 255 || !isTarget)
    throw new DockError(
      'INVALID_IMAGE_NAME',
      `${JSON.stringify(`${registry}/${repository}`)} with ${JSON.stringify(target)} is not an image reference`,
    );
  return { target, subject: `"${repository}${digest === undefined ? ':' : '@'}${target}"` };
}

function pullAccess({ registry, repository }: ImageReference, subject: string): AccessRequest {
  return { registry, subject, scope: `repository:${repository}:pull`, prefersChallengeScope: true };
}

/** Throws for every answer but 200; 404 is `false`. */
function isFound(answer: Exchange, session: RegistrySession, access: AccessRequest): boolean {
  const { status, body } = answer;
  if (status === 200) return true;
  if (status === 404) return false;
  if (status === 401 || status === 403)
    throw authFailed({ ...access, status, credential: session.authorization()?.credential, body });
  throw registryError(access.registry, access.subject, answer);
}

function headerText(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

function parseConfig(body: Buffer, fail: (why: string) => DockError): Readonly<Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(body.toString('utf8'));
  } catch {
    throw fail('is not JSON');
  }
  // Only what identifies the image has to be right; engines write the rest in many ways.
  const first = ociViolations('imageConfig', config).find(({ path }) => /^(?:|os|architecture|rootfs.*)$/.test(path));
  if (first !== undefined) throw fail(`breaks the image specification: "${first.path}" ${first.rule}`);
  return config as Readonly<Record<string, unknown>>;
}

/**
 * A small read-only client of the registry API (distribution-spec v1.1, token authentication of distribution). Credentials go to the
 * exact host that they are stored for and to the token server that this host names, over https or on loopback, never along a redirect.
 * It uses no proxy.
 *
 * @throws INVALID_OPTION when an insecure registry is malformed
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { ca = [], timeoutMs = 30_000, credentials } = options;
  const settings: RegistrySettings = {
    credentials,
    insecure: parseInsecureRegistries(options.insecureRegistries ?? []),
    trust: trustAlso(typeof ca === 'string' ? [ca] : ca),
    timeoutMs,
    schemes: new Map(),
    closed: new ClosedHosts(),
    addSecret: options.addSecret,
  };

  const call = <T>(
    registry: string,
    callOptions: RegistryCallOptions,
    act: (session: RegistrySession) => Promise<T>,
  ): Promise<T> => {
    const { signal } = callOptions;
    return withDeadline(callOptions.timeoutMs ?? timeoutMs, signal, async (deadline) => {
      const session = openSession(settings, registry, deadline, signal);
      try {
        return await act(session);
      } catch (error) {
        throw isDockError(error) ? session.refused(error) : error;
      }
    });
  };

  const ask = async (session: RegistrySession, reference: ImageReference) => {
    const { target, subject } = manifestTarget(reference);
    const access = pullAccess(reference, subject);
    const path = `/v2/${reference.repository}/manifests/${target}`;
    const answer = await session.request({
      method: 'GET',
      path,
      accept: manifestAccept,
      maxBytes: manifestLimit,
      access,
    });
    return { answer, access };
  };

  return {
    async ping(registry, { repository, access = 'pull', ...callOptions } = {}) {
      checkRegistry(registry);
      const actions = access === 'push' ? 'pull,push' : 'pull';
      const request: AccessRequest = {
        registry,
        subject: repository === undefined ? 'the registry' : `repository "${repository}" (${access})`,
        ...(repository === undefined ? {} : { scope: `repository:${repository}:${actions}` }),
        prefersChallengeScope: false,
      };
      return call(registry, callOptions, async (session) => {
        const answer = await session.request({ method: 'GET', path: '/v2/', maxBytes: answerLimit, access: request });
        if (!isFound(answer, session, request))
          throw registryNonsense(registry, 'does not speak the registry API (404 for "/v2/")');
        const authorization = session.authorization();
        // A registry that asks for nothing is no reason to wake a key ring.
        const { credential } = authorization === undefined ? { credential: undefined } : await session.credential();
        const granted =
          authorization?.token === undefined || repository === undefined
            ? undefined
            : grantedActions(authorization.token, repository);
        if (granted !== undefined && !granted.includes(access) && !granted.includes('*'))
          throw authFailed({ ...request, status: 401, credential, why: `its token server grants no ${access}` });
        return {
          registry,
          auth: authorization?.scheme ?? 'none',
          hasCredentials: credential !== undefined,
          ...(credential === undefined ? {} : { credentialOrigin: credential.origin }),
          access: granted === undefined ? 'unknown' : 'granted',
        };
      });
    },

    getManifest: async (reference, callOptions = {}) =>
      call(reference.registry, callOptions, async (session) => {
        const { answer, access } = await ask(session, reference);
        if (!isFound(answer, session, access)) return undefined;
        return readManifest(answer.body, {
          registry: reference.registry,
          subject: access.subject,
          contentType: answer.headers['content-type'] ?? '',
          headerDigest: headerText(answer.headers['docker-content-digest']),
          ...(reference.digest === undefined ? {} : { askedDigest: reference.digest }),
        });
      }),

    getConfig: async (reference, digest, callOptions = {}) =>
      call(reference.registry, callOptions, async (session) => {
        manifestTarget({ ...reference, digest });
        const access = pullAccess(reference, `config "${digest}" of "${reference.repository}"`);
        const path = `/v2/${reference.repository}/blobs/${digest}`;
        const answer = await session.request({ method: 'GET', path, maxBytes: manifestLimit, access });
        if (!isFound(answer, session, access)) return undefined;
        const found = digestLike(answer.body, digest) ?? digestLike(answer.body) ?? '';
        if (found !== digest) throw wrongBytes(reference.registry, access.subject, { announced: digest, found });
        return parseConfig(answer.body, (why) =>
          registryNonsense(reference.registry, `has a ${access.subject} that ${why}`),
        );
      }),
  };
}

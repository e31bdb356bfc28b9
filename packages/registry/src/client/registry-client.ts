import type { DockError, ImageReference } from '@dock/core';
import { askManifest } from './ask-manifest.js';
import { digestLike, manifestLimit, type RegistryManifest } from './manifest.js';
import { ociViolations } from './oci-schema.js';
import { checkRegistry, isFound, manifestTarget, pullAccess } from './reference-target.js';
import { type AccessRequest, grantedActions } from './registry-authorization.js';
import { createRegistryCalls, type RegistryCallOptions, type RegistryClientOptions } from './registry-calls.js';
import { authFailed, registryNonsense, wrongBytes } from './registry-error.js';

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

const answerLimit = 1024 * 1024;

/**
 * A small read-only client of the registry API (distribution-spec v1.1, token authentication of distribution). Credentials go to the
 * exact host that they are stored for and to the token server that this host names, over https or on loopback, never along a redirect.
 * It uses no proxy.
 *
 * @throws INVALID_OPTION when an insecure registry is malformed
 */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { call } = createRegistryCalls(options);

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
      call(reference.registry, callOptions, async (session) => (await askManifest(session, reference))?.manifest),

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

import { DockError, isDockError } from '@dock/core';
import {
  type CredentialSource,
  fetchRegistryToken,
  isDockerHub,
  type RepositoryAccess,
  tryCredential,
} from '@dock/registry';
import { readMessage, writeMessage } from '../service-message.js';
import { GrpcError, grpcStatus, type SessionService } from '../service.js';
import {
  FetchTokenRequestSchema,
  FetchTokenResponseSchema,
  GetTokenAuthorityRequestSchema,
  GetTokenAuthorityResponseSchema,
  VerifyTokenAuthorityRequestSchema,
  VerifyTokenAuthorityResponseSchema,
} from '../../wire/auth_pb.js';
import { askedHost } from './auth-service.js';
import { repositoryKey, type RepositoryRights } from './build-repositories.js';
import { TokenAuthority } from './token-authority.js';

/** Seconds for which the builder keeps a token: what a registry's tokens last for at least (distribution's token specification). */
const lifetime = 60n;

/**
 * `moby.filesync.v1.Auth` for a builder that is not the user's own engine: it gets tokens and never a password. A token is fetched here, from the realm that the
 * registry itself names, for repositories of this build alone, to push only where the builder is to push; for any other repository it is nobody's.
 *
 * @param onWithheld hears of what the builder did not get: it may be why a registry refuses it
 */
export function tokenService(
  source: CredentialSource,
  rights: RepositoryRights,
  onWithheld: (problem: DockError) => void,
): SessionService {
  const authority = new TokenAuthority();
  const anonymous: CredentialSource = { credentials: { get: async () => undefined } };
  const fetch = async (host: string, scopes: readonly string[], signal: AbortSignal): Promise<string> => {
    const registry = isDockerHub(host) ? 'docker.io' : host;
    const asked = scopes.flatMap((scope) => accessOf(scope) ?? []);
    const own = asked.flatMap((access) => allowed(registry, access, rights));
    const { credentials } = own.length === 0 ? anonymous : source;
    const accesses = own.length > 0 ? own : asked.map(({ repository }) => ({ repository, actions: ['pull'] as const }));
    const { addSecret } = source;
    const token = await fetchRegistryToken(registry, accesses, {
      credentials,
      signal,
      ...(addSecret === undefined ? {} : { addSecret }),
    });
    if (token === undefined) throw new DockError('REGISTRY_ERROR', `Registry "${registry}" gives no tokens.`);
    return token;
  };
  return {
    name: 'moby.filesync.v1.Auth',
    methods: {
      Credentials: {
        kind: 'unary',
        handle: async (request, { signal }) => {
          const host = askedHost(request);
          const { credential, problem } = await tryCredential(source, host, signal);
          if (problem !== undefined) onWithheld(problem);
          else if (credential !== undefined) onWithheld(passwordKept(host));
          return new Uint8Array();
        },
      },
      GetTokenAuthority: {
        kind: 'unary',
        handle: async (request) => {
          const { host, salt } = readMessage(GetTokenAuthorityRequestSchema, request);
          return writeMessage(GetTokenAuthorityResponseSchema, { publicKey: authority.publicKey(host, salt) });
        },
      },
      VerifyTokenAuthority: {
        kind: 'unary',
        handle: async (request) => {
          const { host, salt, payload } = readMessage(VerifyTokenAuthorityRequestSchema, request);
          return writeMessage(VerifyTokenAuthorityResponseSchema, { signed: authority.signed(host, salt, payload) });
        },
      },
      FetchToken: {
        kind: 'unary',
        handle: async (request, { signal }) => {
          const { host, scopes } = readMessage(FetchTokenRequestSchema, request);
          try {
            const token = await fetch(host, scopes, signal);
            return writeMessage(FetchTokenResponseSchema, { token, expiresIn: lifetime });
          } catch (error) {
            if (!isDockError(error)) throw error;
            onWithheld(error);
            throw new GrpcError(grpcStatus.permissionDenied, `unauthorized: ${error.message}`);
          }
        },
      },
    },
  };
}

/** `repository:NAME:ACTION,…`; anything else is no repository's. */
function accessOf(scope: string): { readonly repository: string; readonly actions: readonly string[] } | undefined {
  const [, repository = '', actions = ''] = /^repository:([^\s]+):([a-z*,]*)$/.exec(scope) ?? [];
  return repository === '' ? undefined : { repository, actions: actions.split(',') };
}

/** What of a question the build's own repositories allow. */
function allowed(
  registry: string,
  { repository, actions }: { readonly repository: string; readonly actions: readonly string[] },
  rights: RepositoryRights,
): readonly RepositoryAccess[] {
  const right = rights.get(repositoryKey({ registry, repository }));
  if (right === undefined) return [];
  return [{ repository, actions: right === 'push' && actions.includes('push') ? ['pull', 'push'] : ['pull'] }];
}

function passwordKept(host: string): DockError {
  return new DockError('AUTH_FAILED', `Registry "${host}" wants a password of the builder, which gets tokens only.`, {
    hint: 'It is not your own engine. Trust it with your passwords by trustBuilder (--trust-builder), or use a registry that gives tokens.',
  });
}

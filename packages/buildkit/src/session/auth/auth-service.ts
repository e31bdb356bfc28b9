import type { DockError } from '@dock/core';
import { type CredentialSource, tryCredential } from '@dock/registry';
import { fieldText, ProtoWriter, readFields } from '../protobuf.js';
import { GrpcError, grpcStatus, type SessionService } from '../service.js';

/**
 * `moby.filesync.v1.Auth`: answers `Credentials` for the host that asks with what is stored for exactly this host, else with nothing. For the user's own
 * engine: the other methods answer `unimplemented`, which makes it use the credentials itself.
 *
 * @param onWithheld hears of credentials that could not be had: the builder is told of none, for the registry may ask for none
 */
export function authService(source: CredentialSource, onWithheld?: (problem: DockError) => void): SessionService {
  return {
    name: 'moby.filesync.v1.Auth',
    methods: {
      Credentials: {
        kind: 'unary',
        handle: async (request, { signal }) => {
          const { credential, problem } = await tryCredential(source, askedHost(request), signal);
          if (problem !== undefined) onWithheld?.(problem);
          const { username = '', password = '', identityToken } = credential ?? {};
          // An identity token travels as the secret of nobody.
          const answer = new ProtoWriter();
          if (identityToken !== undefined) answer.text(2, identityToken);
          else answer.text(1, username).text(2, password);
          return answer.finish();
        },
      },
    },
  };
}

/** The host of a `CredentialsRequest`. @throws GrpcError when it names none */
export function askedHost(request: Uint8Array): string {
  const host = readFields(request).find(({ number }) => number === 1);
  if (host === undefined) throw new GrpcError(grpcStatus.invalidArgument, 'no host was named');
  return fieldText(host);
}

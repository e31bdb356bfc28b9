import { type BuildSecret, maskedForms, readBuildSecret } from '@dock/core';
import { fieldText, ProtoWriter, readFields } from './protobuf.js';
import { GrpcError, grpcStatus, type SessionService } from './service.js';

/** What {@link secretsService} needs beside the secrets. */
export interface SecretsOptions {
  /** Where secrets that name a variable have their values. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with each value before it is sent, so that it can be masked. */
  readonly addSecret?: ((secret: string) => void) | undefined;
  /** Hears our own faults: the builder would only repeat them in its words. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * `moby.buildkit.secrets.v1.Secrets`: a secret is read when the builder asks for its ID, and kept nowhere. An ID that nobody gave answers
 * `notFound`, which a mount that is not `required` takes for no secret; one that cannot be read fails, because its absence would be a lie.
 */
export function secretsService(
  secrets: readonly BuildSecret[],
  { env = {}, addSecret, onFault }: SecretsOptions = {},
): SessionService {
  const byId = new Map(secrets.map((secret) => [secret.id, secret]));
  return {
    name: 'moby.buildkit.secrets.v1.Secrets',
    methods: {
      GetSecret: {
        kind: 'unary',
        handle: async (request) => {
          const field = readFields(request).find(({ number }) => number === 1);
          const id = field === undefined ? '' : fieldText(field);
          const secret = byId.get(id);
          if (secret === undefined) throw new GrpcError(grpcStatus.notFound, `secret ${id} not found`);
          try {
            const value = await readBuildSecret(secret, env);
            for (const text of maskedForms(value)) addSecret?.(text);
            return new ProtoWriter().bytes(1, value).finish();
          } catch (error) {
            onFault?.(error);
            throw error;
          }
        },
      },
    },
  };
}

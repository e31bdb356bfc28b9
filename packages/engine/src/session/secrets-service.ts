import { open } from 'node:fs/promises';
import type { BuildSecret } from '@dock/core';
import { fieldText, ProtoWriter, readFields } from './protobuf.js';
import { GrpcError, grpcStatus, type SessionService } from './service.js';

/** Largest secret, bytes (BuildKit's own limit). */
const secretLimit = 500 * 1024;

/** `moby.buildkit.secrets.v1.Secrets`: a secret's file is read when the builder asks for its ID, and kept nowhere. */
export function secretsService(
  secrets: readonly BuildSecret[],
  addSecret?: (secret: string) => void,
  onFault?: (error: unknown) => void,
): SessionService {
  const files = new Map(secrets.map(({ id, file }) => [id, file]));
  return {
    name: 'moby.buildkit.secrets.v1.Secrets',
    methods: {
      GetSecret: {
        kind: 'unary',
        handle: async (request) => {
          const field = readFields(request).find(({ number }) => number === 1);
          const id = field === undefined ? '' : fieldText(field);
          const file = files.get(id);
          if (file === undefined) throw new GrpcError(grpcStatus.notFound, `secret ${id} not found`);
          const value = await readSecret(id, file);
          const text = value.toString('utf8').trim();
          try {
            if (text !== '') addSecret?.(text);
          } catch (error) {
            // Too short to be masked: our own error says it, the builder would only repeat it.
            onFault?.(error);
            throw error;
          }
          return new ProtoWriter().bytes(1, value).finish();
        },
      },
    },
  };
}

async function readSecret(id: string, file: string): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size > secretLimit)
        throw new GrpcError(grpcStatus.invalidArgument, `secret ${id} is larger than ${secretLimit} bytes`);
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof GrpcError) throw error;
    throw new GrpcError(
      grpcStatus.notFound,
      `the file of secret ${id} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    );
  }
}

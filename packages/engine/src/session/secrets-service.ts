import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type BuildSecret, DockError } from '@dock/core';
import { fieldText, ProtoWriter, readFields } from './protobuf.js';
import { GrpcError, grpcStatus, type SessionService } from './service.js';

/** Largest secret, bytes (BuildKit's own limit). */
const secretLimit = 500 * 1024;

/** Shorter lines are no secret by themselves, and masking them would tear a log apart. */
const lineMinimum = 8;

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
            const value = 'env' in secret ? readVariable(secret, env) : await readSecretFile(secret);
            if (value.length > secretLimit) throw unusable(`the secret "${id}" is larger than ${secretLimit} bytes`);
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

/** The value as a whole; of one with several lines also each line that could be masked, because a log shows lines. */
function maskedForms(value: Buffer): string[] {
  const text = value.toString('utf8').trim();
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return text === '' ? [] : [text, ...(lines.length > 1 ? lines.filter((line) => line.length >= lineMinimum) : [])];
}

function unusable(message: string): DockError {
  return new DockError('INVALID_OPTION', message, {
    hint: 'Name a readable file or a variable that is set, of at most 500 KiB.',
  });
}

function readVariable(
  { id, env: name }: BuildSecret & { readonly env: string },
  env: Readonly<Record<string, string | undefined>>,
): Buffer {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) throw unusable(`the variable "${name}" of the secret "${id}" is not set`);
  return Buffer.from(value);
}

async function readSecretFile({ id, file }: BuildSecret & { readonly file: string }): Promise<Buffer> {
  // Without waiting: a FIFO that nobody writes to would hang the build.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw unusable(`the file "${file}" of the secret "${id}" cannot be read (${error.code ?? 'unknown'})`);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw unusable(`the file "${file}" of the secret "${id}" is not a regular file`);
    if (stat.size > secretLimit) throw unusable(`the secret "${id}" is larger than ${secretLimit} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

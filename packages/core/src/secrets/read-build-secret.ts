import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { BuildSecret } from '../contracts/request-options.js';
import { DockError } from '../errors/dock-error.js';

/** Largest secret, bytes (BuildKit's own limit). */
const secretLimit = 500 * 1024;

/** Shorter lines are no secret by themselves, and masking them would tear a log apart. */
const lineMinimum = 8;

/**
 * The value of a build secret, read now and kept nowhere.
 *
 * @param env Where secrets that name a variable have their values.
 * @throws INVALID_OPTION when it cannot be read or is too large
 */
export async function readBuildSecret(
  secret: BuildSecret,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Buffer> {
  const value =
    'env' in secret ? readVariable(secret, env) : await readSecretFile(secret.file, `the secret "${secret.id}"`);
  if (value.length <= secretLimit) return value;
  throw unusable(`the secret "${secret.id}" is larger than ${secretLimit} bytes`);
}

/** The value as a whole; of one with several lines also each line that could be masked, because a log shows lines. */
export function maskedForms(value: Buffer): string[] {
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

/** A regular file that is small enough for a secret. @param what That it belongs to, in words. @throws INVALID_OPTION */
export async function readSecretFile(file: string, what: string): Promise<Buffer> {
  // Without waiting: a FIFO that nobody writes to would hang the build.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw unusable(`the file "${file}" of ${what} cannot be read (${error.code ?? 'unknown'})`);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw unusable(`the file "${file}" of ${what} is not a regular file`);
    if (stat.size > secretLimit) throw unusable(`${what} is larger than ${secretLimit} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Checkout } from '../contracts/checkout.js';
import { decodeDockerfile } from '../dockerfile/bytes.js';
import { DockError } from '../errors/dock-error.js';
import { resolveInside } from './resolve-inside.js';

/** The largest Dockerfile that is read, bytes. */
export const largestDockerfile = 1024 * 1024;

/** A Dockerfile as it lies on disk. */
export interface DockerfileSource {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** One character per byte where the bytes are not UTF-8, as `decodeDockerfile` gives it. */
  readonly text: string;
}

/**
 * Read the Dockerfile of a checkout.
 *
 * A named file is taken as named, from the context directory; only an absent name means `Dockerfile`. For a git source it lies inside the
 * checkout after symbolic links; a path source is the user's own, so an absolute name may point anywhere. Never waits for a FIFO.
 *
 * @param file Relative to the context, or absolute for a path source.
 * @throws DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID, PATH_ESCAPES_REPO
 */
export async function readDockerfile(
  checkout: Pick<Checkout, 'kind' | 'directory' | 'contextDir'>,
  file = 'Dockerfile',
): Promise<DockerfileSource> {
  if (file.includes('\0')) throw new DockError('DOCKERFILE_INVALID', `The Dockerfile's name "${file}" holds a NUL.`);
  const named = resolve(checkout.contextDir, file);
  const isOwn = checkout.kind === 'path' && isAbsolute(file);
  if (isAbsolute(file) && !isOwn) {
    throw new DockError(
      'PATH_ESCAPES_REPO',
      `The path "${file}" is absolute; a Dockerfile of the git source is named from "${checkout.contextDir}".`,
    );
  }
  const path = isOwn ? named : await resolveInside(checkout.directory, named);
  const handle = await openRegular(path, named, isOwn);
  try {
    return { path, text: decodeDockerfile(await readCapped(handle, named)) };
  } finally {
    await handle.close();
  }
}

async function openRegular(path: string, named: string, isOwn: boolean): Promise<FileHandle> {
  // Opening a FIFO or a device is what hangs, or acts; so ask first, and ask again through the handle.
  const before = await stat(path).catch((cause: unknown) => {
    throw notFound(named, cause);
  });
  if (!before.isFile()) throw notRegular(named, before);
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (isOwn ? 0 : constants.O_NOFOLLOW);
  const handle = await open(path, flags).catch((cause: unknown) => {
    throw new DockError('DOCKERFILE_INVALID', `The Dockerfile "${named}" cannot be opened.`, {
      hint: 'Check its permissions.',
      cause,
    });
  });
  const opened = await handle.stat();
  if (opened.isFile()) return handle;
  await handle.close();
  throw notRegular(named, opened);
}

async function readCapped(handle: FileHandle, named: string): Promise<Buffer> {
  const buffer = Buffer.alloc(largestDockerfile + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  if (length > largestDockerfile) {
    const { size } = await handle.stat();
    throw new DockError(
      'DOCKERFILE_INVALID',
      `The Dockerfile "${named}" has ${size} bytes; at most ${largestDockerfile} are read.`,
    );
  }
  const bytes = buffer.subarray(0, length);
  if (bytes.every(isBlank)) throw new DockError('DOCKERFILE_INVALID', `The Dockerfile "${named}" is empty.`);
  return bytes;
}

const isBlank = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

function notFound(named: string, cause?: unknown): DockError {
  return new DockError(
    'DOCKERFILE_NOT_FOUND',
    `There is no Dockerfile at "${named}".`,
    cause === undefined ? {} : { cause },
  );
}

function notRegular(
  named: string,
  found: { isDirectory(): boolean; isFIFO(): boolean; isSocket(): boolean },
): DockError {
  const kind = found.isDirectory()
    ? 'a directory'
    : found.isFIFO()
      ? 'a FIFO'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  return new DockError('DOCKERFILE_INVALID', `The Dockerfile "${named}" is ${kind}, not a regular file.`);
}

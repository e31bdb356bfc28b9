import { constants, existsSync, lstatSync, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Checkout } from '../contracts/checkout.js';
import type { RequestOptions } from '../contracts/request-options.js';
import { decodeDockerfile, encodeDockerfile } from '../dockerfile/bytes.js';
import { DockError, isDockError } from '../errors/dock-error.js';
import { withOtherDockerfiles } from './other-dockerfiles.js';
import { resolveInside } from './resolve-inside.js';

/** The largest Dockerfile that is read, bytes. */
export const largestDockerfile = 1024 * 1024;

/** A Dockerfile as it lies on disk. */
export interface DockerfileSource {
  /** Absolute, with the name as given: the name decides which ignore file belongs to it. */
  readonly path: string;
  /** One character per byte where the bytes are not UTF-8, as `decodeDockerfile` gives it. */
  readonly text: string;
}

/** What a request says of its Dockerfile. */
export type DockerfileChoice = Pick<RequestOptions, 'dockerfile' | 'dockerfileText'>;

/** The name that a Dockerfile without a file has in its context, as on a command line. */
const textName = '-';

/**
 * The Dockerfile that a request means: its own text, else a file of the checkout.
 *
 * @throws INVALID_OPTION for both at once; what {@link readDockerfile} throws
 */
export async function takeDockerfile(
  checkout: Pick<Checkout, 'kind' | 'directory' | 'contextDir' | 'git' | 'dockerfileText'>,
  { dockerfile, dockerfileText }: DockerfileChoice,
): Promise<DockerfileSource> {
  const text = dockerfileText ?? checkout.dockerfileText;
  if (text === undefined) return readDockerfile(checkout, dockerfile);
  if (dockerfile !== undefined)
    throw new DockError('INVALID_OPTION', `The Dockerfile is given as text and as the file "${dockerfile}".`, {
      hint: 'Leave one of them out.',
    });
  const bytes = encodeDockerfile(text);
  if (bytes.length > largestDockerfile)
    throw new DockError(
      'DOCKERFILE_INVALID',
      `The text of the Dockerfile has ${bytes.length} bytes; at most ${largestDockerfile} are taken.`,
    );
  if (bytes.every(isBlank)) throw new DockError('DOCKERFILE_INVALID', 'The text of the Dockerfile is empty.');
  return { path: join(checkout.contextDir, textName), text };
}

/**
 * Read the Dockerfile of a checkout.
 *
 * A named file is taken as named, from the context directory; an absent name means `Dockerfile`, else `dockerfile` (docker/cli does so too). For a source from elsewhere it lies inside the
 * checkout after symbolic links; a path source is the user's own, so a name may point anywhere, as with `docker build --file`. Never waits for a FIFO.
 *
 * @param file Relative to the context, or absolute for a path source.
 * @throws DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID, PATH_ESCAPES_REPO
 */
export async function readDockerfile(
  checkout: Pick<Checkout, 'kind' | 'directory' | 'contextDir' | 'git'>,
  named?: string,
): Promise<DockerfileSource> {
  const file = named ?? defaultName(checkout.contextDir);
  if (file.includes('\0')) throw new DockError('DOCKERFILE_INVALID', `The Dockerfile's name "${file}" holds a NUL.`);
  const isOwn = checkout.kind === 'path';
  if (isAbsolute(file) && !isOwn) {
    throw new DockError(
      'PATH_ESCAPES_REPO',
      `The path "${file}" is absolute; a Dockerfile of the source "${checkout.directory}" is named from its context.`,
    );
  }
  const { path, real } = isOwn ? await own(checkout.contextDir, file) : await inside(checkout, file);
  const handle = await openRegular(real, path, isOwn).catch(async (error: unknown) => {
    throw await withOtherDockerfiles(error, checkout);
  });
  try {
    return { path, text: decodeDockerfile(await readCapped(handle, path)) };
  } finally {
    await handle.close();
  }
}

/** A file system that knows no case has both names. */
function defaultName(contextDir: string): string {
  const has = (name: string) => lstatSync(join(contextDir, name), { throwIfNoEntry: false }) !== undefined;
  return !has('Dockerfile') && has('dockerfile') ? 'dockerfile' : 'Dockerfile';
}

interface Place {
  readonly path: string;
  /** What is opened. */
  readonly real: string;
}

/** A link that leads nowhere is read as BuildKit reads it: its directory is the root of all paths. */
async function own(contextDir: string, file: string): Promise<Place> {
  const path = resolve(contextDir, file);
  if (existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) === undefined) return { path, real: path };
  return { path, real: (await resolved(dirname(path), basename(path))) ?? path };
}

/** What lies at a path inside a root; `undefined` when nothing does. */
async function resolved(root: string, path: string): Promise<string | undefined> {
  const real = await resolveInside(root, path).catch((error: unknown) => {
    if (isDockError(error) && error.code === 'PATH_ESCAPES_REPO') return undefined;
    throw error;
  });
  return real !== undefined && existsSync(real) ? real : undefined;
}

/**
 * `..` counts from where links lead, so the path is not joined as text. A link is read within the context first, as BuildKit reads it, then within the whole
 * repository.
 */
async function inside(
  { directory, contextDir }: Pick<Checkout, 'directory' | 'contextDir'>,
  file: string,
): Promise<Place> {
  const named = [relative(directory, contextDir), file].filter((part) => part !== '').join('/');
  // One after the other: the error names the whole path, not its directory.
  const real = (await resolved(contextDir, file)) ?? (await resolveInside(directory, named));
  const folder = await resolveInside(directory, dirname(named));
  return { path: join(folder, basename(named)), real };
}

async function openRegular(path: string, named: string, isOwn: boolean): Promise<FileHandle> {
  // Opening a FIFO or a device is what hangs, or acts; so ask first, and ask again through the handle.
  let before: Stats;
  try {
    before = await stat(path);
  } catch (cause) {
    throw await notFound(named, cause);
  }
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

async function notFound(named: string, cause: unknown): Promise<DockError> {
  const names = await readdir(dirname(named)).catch(() => []);
  const near = names.filter((name) => /dockerfile|containerfile/i.test(name)).toSorted();
  const found = near.slice(0, 5).map((name) => JSON.stringify(name));
  return new DockError('DOCKERFILE_NOT_FOUND', `There is no Dockerfile at "${named}".`, {
    cause,
    ...(found.length === 0 ? {} : { hint: `The directory has ${found.join(', ')}; name it with --file.` }),
  });
}

function notRegular(named: string, found: Stats): DockError {
  const kinds = [
    [found.isDirectory(), 'a directory'],
    [found.isFIFO(), 'a FIFO'],
    [found.isSocket(), 'a socket'],
  ] as const;
  const kind = kinds.find(([isKind]) => isKind)?.[1] ?? 'a device';
  return new DockError('DOCKERFILE_INVALID', `The Dockerfile "${named}" is ${kind}, not a regular file.`);
}

import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { contextError, fileFault } from './context-error.js';

/** Bytes that are handed on at once, and the size up to which a file is read in one synchronous go. */
export const chunkSize: number = 256 * 1024;
const readAsync = promisify(read);

/** A file of the context, open for reading; the caller closes `fd`. */
export interface OpenFile {
  readonly fd: number;
  readonly size: number;
}

/** A regular file, opened so that neither a link nor a FIFO that took its place meanwhile is followed or hangs. */
export function openFile(contextDir: string, path: string): OpenFile {
  let fd: number | undefined;
  try {
    fd = openSync(join(contextDir, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (stats.isFile()) return { fd, size: stats.size };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw contextError(path, fileFault(error), error);
  }
  closeSync(fd);
  throw contextError(path, 'is no regular file any more');
}

/** Read up to `into.length` bytes at a place; 0 at the end. @throws CONTEXT_ERROR */
export async function readPiece(file: OpenFile, path: string, into: Buffer, at: number): Promise<number> {
  try {
    if (file.size <= chunkSize) return readSync(file.fd, into, 0, into.length, at);
    return (await readAsync(file.fd, into, 0, into.length, at)).bytesRead;
  } catch (error) {
    throw contextError(path, fileFault(error), error);
  }
}

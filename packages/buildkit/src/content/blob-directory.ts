import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '@dock/core';
import { fileFaultCode } from './file-fault.js';

/** A blob that is open for reading; the caller closes it. */
export interface OpenBlob {
  readonly file: FileHandle;
  readonly size: number;
  /** ms since 1970. */
  readonly changedAt: number;
}

/** A blob on its way in. */
export interface BlobWriter {
  readonly startedAt: number;
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Drop what was written so far. */
  reset(): Promise<void>;
  /** Make it a blob. @returns its digest; undefined when it is not the expected one, and then nothing is kept */
  commit(expected: string): Promise<string | undefined>;
  /** Drop it, if it was not committed. */
  close(): Promise<void>;
}

/**
 * The blobs of an OCI layout: `blobs/sha256/<hex>` below a directory (opencontainers/image-spec, `image-layout.md`). A link in the place of a blob is not
 * followed, and a blob is there only when its bytes have its digest.
 */
export class BlobDirectory {
  readonly directory: string;
  /** The blob that a builder put, or would have put, there last: of what it writes the manifest is the end. */
  last: string | undefined;

  /** @param directory Absolute. */
  constructor(directory: string) {
    this.directory = directory;
  }

  /** @returns undefined when there is no such blob */
  async open(digest: string): Promise<OpenBlob | undefined> {
    let file: FileHandle | undefined;
    try {
      file = await open(this.#pathOf(digest), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const stat = await file.stat();
      if (stat.isFile()) return { file, size: stat.size, changedAt: stat.mtimeMs };
    } catch (error) {
      await file?.close();
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(fileFaultCode(error))) return undefined;
      throw error;
    }
    await file.close();
    return undefined;
  }

  /** The whole of a small blob; undefined when there is none, or one that is larger than `limit`. */
  async read(digest: string, limit: number): Promise<Buffer | undefined> {
    const blob = await this.open(digest);
    try {
      return blob === undefined || blob.size > limit ? undefined : await blob.file.readFile();
    } finally {
      await blob?.file.close();
    }
  }

  /** Take a new blob in: below a name of its own until it is whole. */
  async writer(): Promise<BlobWriter> {
    const blobs = join(this.directory, 'blobs', 'sha256');
    const ingest = join(this.directory, 'ingest');
    await mkdir(blobs, { recursive: true });
    await mkdir(ingest, { recursive: true });
    const path = join(ingest, randomBytes(16).toString('hex'));
    const file = await open(path, 'wx', 0o644);
    let hash = createHash('sha256');
    let size = 0;
    let isThere = true;
    const close = async (): Promise<void> => {
      if (!isThere) return;
      isThere = false;
      await file.close();
      await rm(path, { force: true });
    };
    return {
      startedAt: Date.now(),
      get size() {
        return size;
      },
      write: async (bytes) => {
        for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
        hash.update(bytes);
        size += bytes.length;
      },
      reset: async () => {
        await file.truncate(0);
        hash = createHash('sha256');
        size = 0;
      },
      commit: async (expected) => {
        const digest = `sha256:${hash.digest('hex')}`;
        if (expected !== '' && expected !== digest) {
          await close();
          return undefined;
        }
        isThere = false;
        await file.close();
        await rename(path, this.#pathOf(digest));
        return digest;
      },
      close,
    };
  }

  /** Remove all blobs but these. */
  async keepOnly(digests: ReadonlySet<string>): Promise<void> {
    const blobs = join(this.directory, 'blobs', 'sha256');
    for (const name of await readdir(blobs))
      if (isDigest(`sha256:${name}`) && !digests.has(`sha256:${name}`)) await rm(join(blobs, name), { force: true });
  }

  #pathOf(digest: string): string {
    return join(this.directory, 'blobs', ...digest.split(':'));
  }
}

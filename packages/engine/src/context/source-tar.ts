import { statSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { Readable } from 'node:stream';
import {
  chunkSize,
  type ContextEntry,
  type ContextLimits,
  ContextTotals,
  findIgnoreFile,
  walkContext,
} from '@dock/core/internal';
import { tarChunks } from './context-tar.js';
import { openFileTar, type TarFileEntry } from './file-tar.js';

/** A source that is to be built somewhere else. */
export interface SourceTarRequest {
  /** Absolute. */
  readonly contextDir: string;
  /** Absolute; inside or outside the context. Its ignore file is obeyed. */
  readonly dockerfilePath: string;
  readonly limits?: ContextLimits;
  readonly signal?: AbortSignal;
}

/** A source on its way. */
export interface SourceTar {
  /**
   * An uncompressed tar; nothing is read before it is. Destroying it closes every file.
   *
   * @param files go first
   * @param under the directory of the source in it, as `source/`
   */
  stream(files: readonly TarFileEntry[], under: string): Readable;
  /** Sentences for the result's warnings. */
  readonly warnings: readonly string[];
}

/**
 * What a build of this source can see: everything that its ignore file leaves, and always the Dockerfile and the ignore files, each as it is on disk. Building
 * from what arrives is building from the source.
 *
 * @throws CONTEXT_ERROR, CONTEXT_TOO_LARGE, DOCKERIGNORE_INVALID
 */
export async function createSourceTar(request: SourceTarRequest): Promise<SourceTar> {
  const { contextDir, dockerfilePath, signal } = request;
  const ignore = findIgnoreFile(contextDir, dockerfilePath);
  const dockerfile = relative(contextDir, dockerfilePath);
  const always = new Set(['.dockerignore', dockerfile, `${dockerfile}.dockerignore`]);
  const totals = new ContextTotals(request.limits);
  const entries: ContextEntry[] = [];
  const onLeftOut = (path: string) => totals.leaveOut(path);
  for await (const entry of walkContext({ contextDir, matcher: ignore?.matcher, always, onLeftOut, signal })) {
    totals.add(entry);
    if (!totals.isOver) entries.push(entry);
  }
  totals.check();
  return {
    stream: (files, under) => streamOf(chunksAfter(files, tarChunks(contextDir, entries, undefined, under)), signal),
    warnings: totals.warnings(),
  };
}

/** A file alone, under its own name, on its way to be a source somewhere else. */
export function createFileTar(file: string, signal?: AbortSignal): SourceTar {
  const { mode, size, mtimeNs } = statSync(file, { bigint: true });
  const entry: ContextEntry = {
    path: basename(file),
    kind: 'file',
    mode: Number(mode) & 0o7777,
    size: Number(size),
    mtimeNs,
  };
  return {
    stream: (files, under) => streamOf(chunksAfter(files, tarChunks(dirname(file), [entry], undefined, under)), signal),
    warnings: [],
  };
}

function streamOf(chunks: AsyncGenerator<Buffer>, signal: AbortSignal | undefined): Readable {
  const stream = Readable.from(chunks, {
    objectMode: false,
    highWaterMark: chunkSize,
    ...(signal === undefined ? {} : { signal }),
  });
  // One that is cancelled before anybody reads it fails alone; whoever reads it is told as well.
  stream.on('error', () => undefined);
  return stream;
}

async function* chunksAfter(files: readonly TarFileEntry[], chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (files.length > 0) yield openFileTar(files);
  yield* chunks;
}

import { rmSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { decodeDockerfile, DockError, type SourceRequest } from '@dock/core';
import { archiveKind, kindBytes, orCancelled } from '@dock/core/internal';

/** What standard input brought. */
export interface StandardInput {
  readonly dockerfileText?: string;
  readonly source?: SourceRequest;
}

/** The run that standard input is read for. */
export interface RunOfInput {
  readonly signal?: AbortSignal | undefined;
  /** What the name of a directory of the run begins with, so that `dock gc` finds it after a run that was killed. */
  prefix(): string;
}

/** The largest Dockerfile that is taken, bytes. */
const largestDockerfile = 1024 * 1024;

/** The largest archive that is taken, bytes: what a context may have. */
const largestArchive = 10 * 1024 ** 3;

/**
 * What `-` means for the source and for `--file`: a Dockerfile, as source without any files beside it; or as source a tar, which goes to a private file until
 * this process ends. Read only where one of them asks for it.
 *
 * @throws CANCELLED, USAGE for both at once, for a terminal and for nothing, DOCKERFILE_INVALID and CONTEXT_TOO_LARGE for more than is taken
 */
export async function readStandardInput(
  asks: { readonly source: string | undefined; readonly file: string | undefined },
  input: Readable & { readonly isTTY?: boolean },
  run: RunOfInput,
): Promise<StandardInput | undefined> {
  const isSource = asks.source === '-';
  const isFile = asks.file === '-';
  if (!isSource && !isFile) return undefined;
  const what = isSource ? 'source' : 'Dockerfile';
  if (isSource && isFile) {
    throw new DockError('USAGE', 'The source and the Dockerfile cannot both come from standard input.', {
      hint: 'Name a directory, or a file.',
    });
  }
  if (input.isTTY === true) {
    throw new DockError('USAGE', `The ${what} is to be read from standard input, which is a terminal.`, {
      hint: 'Write "dock build - < Dockerfile" or "dock build - < context.tar", or name a directory.',
    });
  }
  // Whoever writes may never end.
  const stop = () => input.destroy();
  run.signal?.addEventListener('abort', stop, { once: true });
  try {
    const reading = read(input, { isSource, what, run });
    return await (run.signal === undefined ? reading : orCancelled(reading, run.signal));
  } finally {
    run.signal?.removeEventListener('abort', stop);
  }
}

interface Reading {
  readonly isSource: boolean;
  readonly what: string;
  readonly run: RunOfInput;
}

async function read(input: Readable, { isSource, what, run }: Reading): Promise<StandardInput> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const bytes = await readUntil(chunks, isSource ? kindBytes : largestDockerfile + 1, what);
  if (isSource && archiveKind(bytes) !== 'none') return { source: await keep(bytes, chunks, run) };
  const rest = await readUntil(chunks, largestDockerfile + 1 - bytes.length, what);
  return textOf(Buffer.concat([bytes, rest]), { isSource, what });
}

function textOf(
  bytes: Buffer,
  { isSource, what }: { readonly isSource: boolean; readonly what: string },
): StandardInput {
  if (bytes.length > largestDockerfile) {
    throw new DockError(
      'DOCKERFILE_INVALID',
      `The Dockerfile on standard input has more than ${largestDockerfile} bytes.`,
    );
  }
  if (bytes.length === 0) {
    throw new DockError('USAGE', `The ${what} is to be read from standard input, which is empty.`, {
      hint: 'Write "dock build - < Dockerfile" or "dock build - < context.tar", or name a directory.',
    });
  }
  return { dockerfileText: decodeDockerfile(bytes), ...(isSource ? { source: { kind: 'empty' } } : {}) };
}

/** So many bytes or some more; fewer at the end. */
async function readUntil(chunks: AsyncIterator<Buffer>, length: number, what: string): Promise<Buffer> {
  const read: Buffer[] = [];
  let size = 0;
  try {
    while (size < length) {
      const { done, value } = await chunks.next();
      if (done === true) break;
      read.push(value);
      size += value.length;
    }
  } catch (cause) {
    throw new DockError('USAGE', `The ${what} could not be read from standard input.`, { cause });
  }
  return Buffer.concat(read);
}

/** A run may look at it more than once, and it may be large: it goes to the disk. */
async function keep(head: Buffer, chunks: AsyncIterator<Buffer>, run: RunOfInput): Promise<SourceRequest> {
  const directory = await mkdtemp(run.prefix());
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'archive');
  const handle = await open(file, 'wx', 0o600);
  try {
    let size = 0;
    for (let bytes = head; bytes.length > 0; bytes = await readUntil(chunks, 1, 'source')) {
      size += bytes.length;
      if (size > largestArchive)
        throw new DockError(
          'CONTEXT_TOO_LARGE',
          `The archive on standard input has more than ${largestArchive} bytes.`,
        );
      await handle.writeFile(bytes);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
    throw new DockError(
      'DISK_FULL',
      `The disk of "${directory}" is full: the archive on standard input does not fit.`,
      {
        hint: 'Free space, or name a larger directory in DOCK_TMPDIR.',
        cause,
      },
    );
  } finally {
    await handle.close();
  }
  return { kind: 'archive-file', file };
}

import type { Readable } from 'node:stream';
import { decodeDockerfile, DockError, type SourceRequest } from '@dock/core';

/** What standard input brought. */
export interface StandardInput {
  readonly dockerfileText?: string;
  readonly source?: SourceRequest;
}

/** The largest Dockerfile that is taken, bytes. */
const largestDockerfile = 1024 * 1024;

/** How the archives begin that docker takes as a context; a tar without compression has its mark later. */
const archiveMarks = [
  { name: 'gzip', at: 0, bytes: [0x1f, 0x8b] },
  { name: 'bzip2', at: 0, bytes: [0x42, 0x5a, 0x68] },
  { name: 'xz', at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'zstd', at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'tar', at: 257, bytes: [...Buffer.from('ustar')] },
] as const;

/**
 * What `-` means for the source and for `--file`: a Dockerfile, as source without any files beside it. Read only where one of them asks for it.
 *
 * @throws USAGE for both at once, for a terminal and for nothing, DOCKERFILE_INVALID for more than a Dockerfile has
 */
export async function readStandardInput(
  asks: { readonly source: string | undefined; readonly file: string | undefined },
  input: Readable & { readonly isTTY?: boolean },
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
      hint: 'Write "dock build - < Dockerfile", or name a directory.',
    });
  }
  const bytes = await readCapped(input, what);
  const archive = isSource
    ? archiveMarks.find(({ at, bytes: mark }) => mark.every((byte, i) => bytes[at + i] === byte))
    : undefined;
  if (archive !== undefined) throw archiveRefused(archive.name);
  if (bytes.length > largestDockerfile) {
    throw new DockError(
      'DOCKERFILE_INVALID',
      `The Dockerfile on standard input has more than ${largestDockerfile} bytes.`,
    );
  }
  if (bytes.length === 0) {
    throw new DockError('USAGE', `The ${what} is to be read from standard input, which is empty.`, {
      hint: 'Write "dock build - < Dockerfile", or name a directory.',
    });
  }
  return { dockerfileText: decodeDockerfile(bytes), ...(isSource ? { source: { kind: 'empty' } } : {}) };
}

async function readCapped(input: Readable, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of input) {
      chunks.push(chunk as Buffer);
      size += (chunk as Buffer).length;
      if (size > largestDockerfile) break;
    }
  } catch (cause) {
    throw new DockError('USAGE', `The ${what} could not be read from standard input.`, { cause });
  }
  return Buffer.concat(chunks);
}

function archiveRefused(kind: string): DockError {
  return new DockError('USAGE', `Standard input holds an archive (${kind}), which dock does not take as a source.`, {
    hint: 'Unpack it, and name the directory: mkdir context && tar -xf FILE -C context && dock build context.',
  });
}

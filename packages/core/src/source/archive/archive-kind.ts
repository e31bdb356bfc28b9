import { isTarHeader, tarBlockBytes } from './read-tar.js';

/** What bytes from outside may be. */
export type ArchiveKind = 'tar' | 'gzip' | 'bzip2' | 'xz' | 'zstd' | 'zip' | 'none';

/** Bytes that tell the kind. */
export const kindBytes: number = tarBlockBytes;

const marks = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
] as const;

/** What begins with these bytes; a Dockerfile is `none` of the archives. */
export function archiveKind(head: Buffer): ArchiveKind {
  const mark = marks.find(([, bytes]) => bytes.every((byte, at) => head[at] === byte));
  return mark?.[0] ?? (isTarHeader(head) ? 'tar' : 'none');
}

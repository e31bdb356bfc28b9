import type { ContextEntry } from '@dock/core/internal';

/** Bits of Go's `os.FileMode` above the permissions. */
export const goBits = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  namedPipe: 2 ** 25,
  socket: 2 ** 24,
  setUserId: 2 ** 23,
  setGroupId: 2 ** 22,
  sticky: 2 ** 20,
  irregular: 2 ** 19,
} as const;

/** A mode as Go's `os.FileMode`, which is what BuildKit's messages carry. */
export function goFileMode(kind: ContextEntry['kind'], mode: number): number {
  let bits = mode & 0o777;
  if ((mode & 0o4000) !== 0) bits += goBits.setUserId;
  if ((mode & 0o2000) !== 0) bits += goBits.setGroupId;
  if ((mode & 0o1000) !== 0) bits += goBits.sticky;
  if (kind === 'directory') bits += goBits.directory;
  if (kind === 'symlink') bits += goBits.symlink;
  return bits;
}

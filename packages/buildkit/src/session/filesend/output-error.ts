import { DockError, isDiskFull, thrownMessage } from '@dock/core';
import { quotePath } from '@dock/core/internal';

/** What the file system says against an output, as the error of the build. */
export function outputError(place: string, error: unknown): DockError {
  const code = isDiskFull(error) ? 'DISK_FULL' : 'OUTPUT_FAILED';
  return new DockError(code, `The output ${quotePath(place)} cannot be written: ${faultOf(error)}.`, {
    cause: error,
    details: { path: place },
    ...(isDiskFull(error) ? { hint: 'Free space there, or name a destination on another disk.' } : {}),
  });
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOENT: 'its directory vanished meanwhile',
  ELOOP: 'a link took the place of a directory meanwhile',
  ENOTDIR: 'something else took the place of a directory meanwhile',
  ENAMETOOLONG: 'the name is too long',
  EPIPE: 'whoever read it has gone away',
};

function faultOf(error: unknown): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return (typeof code === 'string' ? words[code] : undefined) ?? thrownMessage(error);
}

/** What the builder sends makes no sense, or would do harm: nothing of it is believed any more. */
export function badTree(path: string, what: string): DockError {
  return new DockError('DAEMON_PROTOCOL', `The builder sent ${quotePath(path)}, which ${what}.`, {
    hint: 'Nothing was written outside of the destination. Look at who answers as the builder.',
    retryable: false,
    details: { path },
  });
}

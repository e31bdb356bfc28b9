import { DockError } from '../errors/dock-error.js';
import { quotePath } from './quote-path.js';

/** A CONTEXT_ERROR about one path of the context. */
export function contextError(path: string, what: string, cause?: unknown): DockError {
  return new DockError('CONTEXT_ERROR', `${quotePath(path)} in the build context ${what}.`, {
    details: { path },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What a failed file operation means, in words. */
export function fileFault(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'vanished while the context was read';
  if (code === 'ELOOP') return 'became a symlink while the context was read';
  return `cannot be read: ${code ?? String(error)}`;
}

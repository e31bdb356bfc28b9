import { DockError, isDockError } from './dock-error.js';

/** The reason of an abort as a DockError; a signal's name as reason becomes CANCELLED with its exit status. */
export function cancellation(reason: unknown): DockError {
  if (isDockError(reason)) return reason;
  if (reason === 'SIGTERM') return new DockError('CANCELLED', 'The run was cancelled by SIGTERM.', { exitStatus: 143 });
  if (reason === 'SIGINT') return new DockError('CANCELLED', 'The run was cancelled by SIGINT.', { exitStatus: 130 });
  const cause = reason === undefined ? {} : { cause: reason };
  if (isTimeout(reason)) return new DockError('TIMEOUT', 'The time limit of the caller is over.', cause);
  return new DockError('CANCELLED', 'The run was cancelled.', cause);
}

/** What `AbortSignal.timeout()` gives as its reason. */
function isTimeout(reason: unknown): boolean {
  return typeof reason === 'object' && reason !== null && (reason as { name?: unknown }).name === 'TimeoutError';
}

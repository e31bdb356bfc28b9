import { DockError } from '../../errors/dock-error.js';

/** ARCHIVE_INVALID: `why` follows "The archive". */
export function archiveInvalid(
  why: string,
  more: { readonly hint?: string; readonly cause?: unknown } = {},
): DockError {
  return new DockError('ARCHIVE_INVALID', `The archive ${why}.`, more);
}

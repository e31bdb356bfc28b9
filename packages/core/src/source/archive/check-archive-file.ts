import { stat } from 'node:fs/promises';
import { DockError } from '../../errors/dock-error.js';

/** @throws SOURCE_NOT_FOUND for what is no regular file */
export async function checkArchiveFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${cause.code}`;
    throw new DockError('SOURCE_NOT_FOUND', `The archive "${file}" ${why}.`, { cause });
  });
  if (!found.isFile()) throw new DockError('SOURCE_NOT_FOUND', `The archive "${file}" is not a regular file.`);
}

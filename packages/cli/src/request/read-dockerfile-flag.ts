import { resolve } from 'node:path';
import { DockError, type SourceRequest } from '@dock/core';

/**
 * As with docker, `--file` beside a directory is relative to where the user stands; in a git repository or an archive, to the context.
 *
 * @throws USAGE
 */
export function readDockerfileFlag(file: string, cwd: string, source: SourceRequest): string {
  if (file === '') {
    throw new DockError('USAGE', 'The name of the Dockerfile is empty ("--file=").', {
      hint: 'Name a file, or leave the flag out.',
    });
  }
  return source.kind === 'path' || source.kind === 'empty' ? resolve(cwd, file) : file;
}

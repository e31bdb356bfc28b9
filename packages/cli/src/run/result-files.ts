import { accessSync, constants, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { writeJsonFile } from '@dock/api';
import { type BuildResult, DockError } from '@dock/core';
import { metadataOf } from '../output/metadata.js';

/** Files that a run was asked to write, absolute. */
export interface ResultFiles {
  readonly metadata?: string;
  readonly imageId?: string;
}

/**
 * The files of `--metadata-file` and `--iidfile`, checked before anything runs; an image ID of an earlier run is removed, as docker does.
 *
 * @throws USAGE when one of them cannot be written
 */
export function prepareResultFiles(
  cwd: string,
  flags: { readonly 'metadata-file'?: string | undefined; readonly iidfile?: string | undefined },
): ResultFiles {
  const metadata = checked(cwd, '--metadata-file', flags['metadata-file']);
  const imageId = checked(cwd, '--iidfile', flags.iidfile);
  if (imageId !== undefined) rmSync(imageId, { force: true });
  return { ...(metadata === undefined ? {} : { metadata }), ...(imageId === undefined ? {} : { imageId }) };
}

function checked(cwd: string, flag: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const file = resolve(cwd, path);
  try {
    accessSync(dirname(file), constants.W_OK);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory() !== true) return file;
  } catch (error) {
    throw unwritable(flag, file, error instanceof Error ? error.message : String(error));
  }
  throw unwritable(flag, file, 'it is a directory');
}

function unwritable(flag: string, file: string, why: string): DockError {
  return new DockError('USAGE', `"${flag} ${file}" cannot be written: ${why}`, {
    hint: 'Name a file in a directory that exists.',
  });
}

/** Write what was asked for; the image ID only of a run that went well. Returns what went wrong, per file. */
export function writeResultFiles(files: ResultFiles, result: BuildResult): string[] {
  const problems: string[] = [];
  const attempt = (path: string | undefined, write: (path: string) => void) => {
    if (path === undefined) return;
    try {
      write(path);
    } catch (error) {
      problems.push(`"${path}" was not written: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  attempt(files.metadata, (path) => writeJsonFile(path, metadataOf(result), 0o644));
  const { image } = result;
  if (result.status === 'ok' && image !== undefined) attempt(files.imageId, (path) => writeFileSync(path, image.id));
  return problems;
}

import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuildResult, DockError, thrownMessage, writeFileAtOnce, writeWhole } from '@dock/core';
import { metadataOf } from '../output/metadata.js';
import { imageIdentity } from '../output/result-text.js';

/** How long the reader of a pipe may stand still, ms. */
const readerMs = 10_000;

/** Files that a run was asked to write, absolute. */
export interface ResultFiles {
  readonly metadata?: string;
  readonly imageId?: string;
}

/**
 * The files of `--metadata-file` and `--iidfile`, checked before anything runs; an image ID of an earlier run is removed, as docker does. A device or a pipe is
 * written to. A link is replaced, as docker does, for it may come with the sources and lead anywhere.
 *
 * @throws USAGE when one of them cannot be written, or both are one file
 */
export function prepareResultFiles(
  cwd: string,
  flags: { readonly 'metadata-file'?: string | undefined; readonly iidfile?: string | undefined },
): ResultFiles {
  const metadata = checked(cwd, '--metadata-file', flags['metadata-file']);
  const imageId = checked(cwd, '--iidfile', flags.iidfile);
  if (metadata !== undefined && imageId !== undefined && isOneFile(metadata, imageId))
    throw new DockError('USAGE', `"--metadata-file" and "--iidfile" name one file, "${metadata}".`, {
      hint: 'Name two files: each is written as a whole.',
    });
  if (imageId !== undefined) removeFormer(imageId);
  return { ...(metadata === undefined ? {} : { metadata }), ...(imageId === undefined ? {} : { imageId }) };
}

/** A device takes both, one after the other. */
function isOneFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => {
    const look = { throwIfNoEntry: false } as const;
    return isWrittenInto(path) ? statSync(path, look) : lstatSync(path, look);
  });
  if (a?.isCharacterDevice() === true) return false;
  if (a !== undefined && b !== undefined) return a.dev === b.dev && a.ino === b.ino;
  return placeOf(one) === placeOf(other);
}

/** Where a file is or will be: in the directory behind every link, itself no link that is followed. */
function placeOf(path: string): string {
  const directory = dirname(path);
  return isThere(directory) ? join(realpathSync(directory), basename(path)) : path;
}

function removeFormer(imageId: string): void {
  if (isWrittenInto(imageId)) return;
  try {
    // Newer Nodes give no code with what "rmSync" throws.
    unlinkSync(imageId);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw unwritable('--iidfile', imageId, `the file of an earlier run cannot be removed: ${thrownMessage(error)}`);
  }
}

function checked(cwd: string, flag: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const file = resolve(cwd, path);
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    accessSync(isWrittenInto(file) ? file : dirname(file), constants.W_OK);
    if (found?.isDirectory() !== true) return file;
  } catch (error) {
    throw unwritable(flag, file, thrownMessage(error));
  }
  throw unwritable(flag, file, 'it is a directory');
}

function unwritable(flag: string, file: string, why: string): DockError {
  return new DockError('USAGE', `"${flag} ${file}" cannot be written: ${why}.`, {
    hint: 'Name a file in a directory that exists and that you may write to.',
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
      problems.push(`"${path}" was not written: ${thrownMessage(error)}`);
    }
  };
  attempt(files.metadata, (path) => write(path, `${JSON.stringify(metadataOf(result), null, 2)}\n`));
  const { image } = result;
  if (result.status === 'ok' && image !== undefined)
    attempt(files.imageId, (path) => write(path, imageIdentity(image)));
  return problems;
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** Whether it is a device or a pipe, or by its link one of the files that a process has open, as /dev/stdout is. */
function isWrittenInto(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && (!found.isFile() || isOfProcess(path));
}

function isOfProcess(path: string): boolean {
  if (placeOf(path).startsWith('/proc/')) return true;
  return lstatSync(path).isSymbolicLink() && isOfProcess(resolve(dirname(path), readlinkSync(path)));
}

/** A regular file is replaced as a whole and keeps its mode; a device or a pipe is written to. */
function write(path: string, text: string): void {
  if (isWrittenInto(path)) {
    writeInto(path, text);
    return;
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true) writeFileAtOnce(path, text, 0o644);
  else {
    writeFileAtOnce(path, text, 0o600);
    chmodSync(path, found.mode & 0o777);
  }
}

/** A pipe that nobody reads is an error, not a wait. */
function writeInto(path: string, text: string): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
  try {
    writeWhole(descriptor, text, readerMs);
  } finally {
    closeSync(descriptor);
  }
}

import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { tarArchive } from '@dock/testing';
import { type MadeEntry, type Shape, shapesDirectory } from './shape.js';

/** Copies a shape's directory, if it has one, and completes it; modes are the same whatever the umask and the checkout. */
export function makeContext(shape: Shape, directory: string): void {
  const own = join(shapesDirectory, shape.name);
  if (existsSync(own)) {
    cpSync(own, directory, { recursive: true });
    rmSync(join(directory, 'shape.json'));
  }
  normalise(directory);
  if (shape.lineEnds === 'crlf') {
    const file = join(directory, shape.dockerfile ?? 'Dockerfile');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n'));
  }
  for (const entry of shape.context ?? []) make(directory, entry);
}

function normalise(directory: string): void {
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) normalise(path);
    else chmodSync(path, 0o644);
  }
}

function make(directory: string, { path, content, latin1, mode, hardlink, symlink, tar, ...entry }: MadeEntry): void {
  const file = join(directory, path);
  makeParents(directory, path);
  if (symlink !== undefined) symlinkSync(symlink, file);
  else if (hardlink !== undefined) linkSync(join(directory, hardlink), file);
  else {
    if (entry.directory === true) mkdirSync(file);
    else if (latin1 !== undefined) writeFileSync(file, latin1, 'latin1');
    else writeFileSync(file, tar === undefined ? (content ?? '') : tarArchive(tar));
    chmodSync(file, mode ?? (entry.directory === true ? 0o755 : 0o644));
  }
}

function makeParents(directory: string, path: string): void {
  const parent = dirname(path);
  if (parent === '.') return;
  const made = mkdirSync(join(directory, parent), { recursive: true });
  if (made !== undefined) normalise(made);
}

import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DockError } from '../errors/dock-error.js';
import { parseDockerignore } from './dockerignore.js';
import { createPatternMatcher, type PatternMatcher } from './pattern-matcher.js';
import { quotePath } from './quote-path.js';

/** Bytes that an ignore file may have. */
const sizeLimit = 16 * 1024 * 1024;

/** The ignore file that a build uses. */
export interface IgnoreFile {
  /** The path that was read, absolute. */
  readonly path: string;
  readonly text: string;
  readonly matcher: PatternMatcher;
  readonly patterns: readonly string[];
}

/**
 * The ignore file of a build: `<Dockerfile>.dockerignore` beside the Dockerfile wins over `.dockerignore` in the context (BuildKit's rule).
 *
 * @throws DOCKERIGNORE_INVALID
 */
export function findIgnoreFile(contextDir: string, dockerfilePath: string): IgnoreFile | undefined {
  const roots = [contextDir, dirname(dockerfilePath)];
  return (
    readIgnoreFile(`${dockerfilePath}.dockerignore`, roots) ?? readIgnoreFile(join(contextDir, '.dockerignore'), roots)
  );
}

/**
 * The ignore file of a directory that is no build's own context: the `.dockerignore` in it.
 *
 * @throws DOCKERIGNORE_INVALID
 */
export function ownIgnoreFile(directory: string): IgnoreFile | undefined {
  return readIgnoreFile(join(directory, '.dockerignore'), [directory]);
}

function readIgnoreFile(path: string, roots: readonly string[]): IgnoreFile | undefined {
  const text = readIgnoreText(path, roots);
  if (text === undefined) return undefined;
  const { patterns, lines } = parseDockerignore(text, path);
  return { path, text, patterns, matcher: createPatternMatcher(patterns, { file: path, lines }) };
}

/** What lies at a path after its links. @throws DOCKERIGNORE_INVALID for links in a circle, and for a directory that may not be read */
function look(path: string): { stats: Stats; real: string } | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? undefined : { stats, real: realpathSync(path) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * The text, or `undefined` when there is no such file. A FIFO is refused before it is opened: it would hang. A link must not lead out of `roots`: what it
 * names could be any file of this machine, and its text would travel.
 */
export function readIgnoreText(path: string, roots: readonly string[]): string | undefined {
  const found = look(path);
  if (found === undefined) return undefined;
  const { stats, real } = found;
  if (!roots.some((root) => real.startsWith(`${realpathSync(root)}/`)))
    throw new DockError(
      'DOCKERIGNORE_INVALID',
      `${quotePath(path)} leads to ${quotePath(real)}, out of the build context.`,
      { hint: 'Put the file itself into the context.' },
    );
  if (!stats.isFile())
    throw new DockError('DOCKERIGNORE_INVALID', `${quotePath(path)} is not a regular file.`, {
      hint: 'Make it a file, or remove it.',
    });
  if (stats.size > sizeLimit)
    throw new DockError(
      'DOCKERIGNORE_INVALID',
      `${quotePath(path)} has ${stats.size} bytes; the limit is ${sizeLimit}.`,
      { hint: 'Use fewer patterns.' },
    );
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): DockError {
  return new DockError('DOCKERIGNORE_INVALID', `${quotePath(path)} cannot be read.`, {
    hint: 'Check its permissions, and the links on the way to it.',
    cause,
  });
}

import { DockError } from '../errors/dock-error.js';
import { cleanPath } from './clean-path.js';
import { goTrim } from './go-trim.js';

/** What a `.dockerignore` says. */
export interface Dockerignore {
  /** Clean patterns without leading slash, in order; a `!` in front marks an exception. */
  readonly patterns: readonly string[];
  /** Line of each pattern, from 1. */
  readonly lines: readonly number[];
}

/** Bytes of a line; moby reads lines by Go's `bufio.Scanner`, which gives up at 64 KiB. */
const lineLimit = 65_535;

/**
 * Read the text of a `.dockerignore` by the rules of moby/patternmatcher's `ignorefile`: a byte order mark and carriage returns fall away, `#` makes a
 * comment only at the very start of a line, a leading slash means the context's root. Whether the patterns are well formed shows when a matcher is made.
 *
 * @param file for messages
 * @throws DOCKERIGNORE_INVALID for a line that docker does not read either
 */
export function parseDockerignore(text: string, file = '.dockerignore'): Dockerignore {
  const patterns: string[] = [];
  const lines: number[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (raw.length * 3 > lineLimit && Buffer.byteLength(raw) > lineLimit) throw tooLong(index + 1, file);
    if (raw.startsWith('#')) continue;
    const line = goTrim(raw);
    if (line === '') continue;
    const isException = line.startsWith('!');
    const pattern = isException ? goTrim(line.slice(1)) : line;
    patterns.push(`${isException ? '!' : ''}${pattern === '' ? '' : withoutRoot(cleanPath(pattern))}`);
    lines.push(index + 1);
  }
  return { patterns, lines };
}

function tooLong(line: number, file: string): DockError {
  return new DockError('DOCKERIGNORE_INVALID', `Line ${line} of "${file}" is longer than ${lineLimit} bytes.`, {
    details: { file, line },
  });
}

function withoutRoot(path: string): string {
  return path.length > 1 && path.startsWith('/') ? path.slice(1) : path;
}

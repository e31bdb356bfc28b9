import { isAbsolute, relative } from 'node:path';
import type { DockError } from '../errors/dock-error.js';

/** Lines of a file, counted from 1. */
export interface LineRange {
  readonly startLine: number;
  /** @default the first */
  readonly endLine?: number;
}

/** Where in a Dockerfile an error lies, as it stands in its `details`. */
export interface SourcePlace {
  /** As a person names it: below the build context its path there, else absolute. */
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The lines with their neighbours and numbers; `>>>` marks them. */
  readonly excerpt: string;
}

/** Lines that are shown before and after. */
const around = 2;

/** Lines of one instruction that are shown, and characters of one line. */
const longestInstruction = 20;
const longestLine = 400;

/** A range of lines of a Dockerfile, as errors name it. */
export function sourcePlace(
  source: { readonly contextDir?: string; readonly dockerfile: { readonly path: string; readonly text: string } },
  { startLine, endLine = startLine }: LineRange,
): SourcePlace {
  const { path, text } = source.dockerfile;
  const inside = source.contextDir === undefined ? path : relative(source.contextDir, path);
  const isInside = inside !== '' && !inside.startsWith('..') && !isAbsolute(inside);
  return { file: isInside ? inside : path, line: startLine, excerpt: excerptOf(text, startLine, endLine) };
}

function excerptOf(text: string, start: number, end: number): string {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  const last = Math.min(end, start + longestInstruction - 1);
  const from = Math.max(1, start - around);
  const to = Math.min(lines.length, last + around);
  const width = String(to).length;
  return lines
    .slice(from - 1, to)
    .map((line, index) => {
      const number = from + index;
      const mark = number >= start && number <= end ? '>>>' : '   ';
      const shown = line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
      return `${String(number).padStart(width)} | ${mark} ${shown}`.trimEnd();
    })
    .join('\n');
}

/** The same error, laid at a place: named in its message, and whole in its details. One that names a place already keeps it. */
export function atSourcePlace(error: DockError, place: SourcePlace): DockError {
  if (typeof error.details?.['excerpt'] === 'string') return error;
  const message = `${error.message.replace(/\.$/, '')} (${place.file}:${place.line}).`;
  return error.with({ message, details: { ...place } });
}

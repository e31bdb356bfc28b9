import { trimEndWhere, trimStart } from './white-space.js';

/** The lines of a text, each with its line feed; joined they are the text. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+/g) ?? [];
}

/** A line without its line feed and carriage returns. */
export function withoutLineEnd(line: string): string {
  return trimEndWhere(line, (char) => char === '\r' || char === '\n');
}

/** Whether a line is a comment. */
export function isComment(line: string): boolean {
  return trimStart(line).startsWith('#');
}

/** A piece of a logical line and where it is in the text that it was read from. */
export interface Segment {
  /** Index of its first character in the logical line. */
  readonly logical: number;
  /** Index of its first character in the physical lines. */
  readonly physical: number;
  readonly length: number;
}

/** Lines joined over their continuations. */
export interface LogicalLine {
  readonly text: string;
  readonly segments: readonly Segment[];
  /** How many physical lines it takes. */
  readonly lineCount: number;
  /** Whether blank lines stand inside it, which BuildKit warns of. */
  readonly hasBlankLines: boolean;
  /** Whether the file ended while a continuation was open. */
  readonly isOpen: boolean;
}

/**
 * Joins physical lines, starting with `lines[start]`, into one logical line. Comments and blank lines inside a continuation are
 * left out; only the first line loses its indentation. Rule: BuildKit's parser.
 */
export function joinLines(lines: readonly string[], start: number, escape: string): LogicalLine {
  const continuation = escape === '`' ? /([^`])`[ \t]*$|^`[ \t]*$/ : /([^\\])\\[ \t]*$|^\\[ \t]*$/;
  const segments: Segment[] = [];
  let text = '';
  let physical = 0;
  let isOpen = true;
  let hasBlankLines = false;
  let at = start;
  for (; isOpen && at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const bare = withoutLineEnd(line);
    const isFirst = at === start;
    if (!isFirst && isComment(line)) {
      physical += line.length;
      continue;
    }
    if (!isFirst && trimStart(bare) === '') {
      hasBlankLines = true;
      physical += line.length;
      continue;
    }
    const kept = isFirst ? trimStart(bare) : bare;
    const piece = kept.replace(continuation, '$1');
    isOpen = continuation.test(kept);
    segments.push({ logical: text.length, physical: physical + (bare.length - kept.length), length: piece.length });
    text += piece;
    physical += line.length;
  }
  return { text, segments, lineCount: at - start, hasBlankLines, isOpen };
}

/** Where a range of a logical line is in the physical lines. */
export function physicalRange(
  line: LogicalLine,
  start: number,
  end: number,
): { readonly start: number; readonly end: number } {
  const locate = (index: number): Segment | undefined =>
    line.segments.find((segment) => index >= segment.logical && index < segment.logical + segment.length);
  const first = locate(start);
  const last = locate(end - 1);
  if (first === undefined || last === undefined) throw new RangeError('the range is outside the line');
  return { start: first.physical + start - first.logical, end: last.physical + end - last.logical };
}

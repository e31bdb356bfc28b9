import { readArguments } from './arguments.js';
import { DirectiveReader, type Directive } from './directives.js';
import type { DockerfileWarning, Instruction, InstructionList } from './dockerfile.js';
import { findHeredocs, type Heredoc } from './heredoc.js';
import { isComment, joinLines, splitLines, withoutLineEnd } from './lines.js';
import { type SyntaxFault, SyntaxFaultError } from './syntax-error.js';
import { trimStart } from './white-space.js';
import { splitCommand } from './words.js';

type Parsed = NonNullable<Instruction['trigger']>;

const heredocKeywords: ReadonlySet<string> = new Set(['ADD', 'COPY', 'RUN']);
/** BuildKit reads lines through a buffer of this many bytes. */
const lineLimit = 65_535;

/** How deep ONBUILD in ONBUILD is read; the first one inside another is refused later. */
const onbuildLimit = 100;

/** What only builders that know here-documents refuse. */
class OpenHeredocError extends SyntaxFaultError {}

/** How {@link readInstructions} reads. */
export interface ReadOptions {
  /** Which here-documents there are: all, and one that is not closed is a fault; those that are closed, with a warning of others; none. @default 'all' */
  readonly heredocs?: 'all' | 'closed' | 'none';
}

/** Reads a logical line; ONBUILD's trigger is read by the same rules. */
function readLine(line: string, escape: string, startLine: number, depth = 0): Parsed {
  const { keyword: written, flags, value } = splitCommand(line);
  const keyword = written.toUpperCase();
  if (keyword === 'ONBUILD' && (depth === onbuildLimit || value === '')) return { keyword, flags, value, args: [] };
  if (keyword === 'ONBUILD')
    return { keyword, flags, value, args: [], trigger: readLine(value, escape, startLine, depth + 1) };
  const read = readArguments(keyword, value, escape);
  if ('fault' in read) throw new SyntaxFaultError({ fault: read.fault, line: startLine });
  return { keyword, flags, value, args: read.args, ...(read.isJson ? { json: read.args } : {}) };
}

function readHeredocs(
  lines: readonly string[],
  start: number,
  logical: string,
  parsed: Parsed,
  startLine: number,
): { heredocs: Heredoc[]; next: number } {
  const heredocs: Heredoc[] = [];
  let next = start;
  const holder = parsed.trigger ?? parsed;
  if (!heredocKeywords.has(holder.keyword) || holder.json !== undefined || !logical.includes('<<'))
    return { heredocs, next };
  const starts = findHeredocs(logical);
  if ('fault' in starts) throw new OpenHeredocError({ fault: starts.fault, line: startLine });
  for (const heredoc of starts) {
    const from = next;
    const isEnd = (line: string): boolean => {
      const bare = withoutLineEnd(line);
      return (heredoc.isChomped ? bare.replace(/^\t+/, '') : bare) === heredoc.name;
    };
    while (next < lines.length && !isEnd(lines[next] ?? '')) next += 1;
    if (next === lines.length) {
      throw new OpenHeredocError({
        fault: `the here-document "${heredoc.name}" is not closed`,
        line: startLine,
        hint: `Write "${heredoc.name}" alone on a line after its text.`,
      });
    }
    heredocs.push({ ...heredoc, content: lines.slice(from, next).join('') });
    next += 1;
  }
  return { heredocs, next };
}

function orNone(
  warnings: DockerfileWarning[] | undefined,
  end: number,
  read: () => { heredocs: Heredoc[]; next: number },
): { heredocs: Heredoc[]; next: number } {
  try {
    return read();
  } catch (error) {
    if (warnings === undefined || !(error instanceof OpenHeredocError)) throw error;
    const { fault, line } = error.fault;
    warnings.push({ message: `${fault}, which builders that know here-documents refuse`, line });
    return { heredocs: [], next: end };
  }
}

/**
 * Reads a file into instructions as BuildKit's parser does. Nothing is checked that the parser itself does not check: stages,
 * unknown keywords and missing arguments are `parseDockerfile`'s business.
 * @throws SyntaxFaultError
 */
export function readInstructions(text: string, { heredocs: read = 'all' }: ReadOptions = {}): InstructionList {
  const lines = splitLines(text);
  const directives: Directive[] = [];
  const instructions: Instruction[] = [];
  const warnings: DockerfileWarning[] = [];
  const directiveReader = new DirectiveReader('#');
  let escape = '\\';
  let leadingStart = 0;
  for (let at = 0; at < lines.length; ) {
    const bare = withoutLineEnd(at === 0 ? (lines[0] ?? '').replace(/^\ufeff/, '') : (lines[at] ?? ''));
    const startLine = at + 1;
    const directive = directiveReader.read(trimStart(bare), startLine);
    if (directive !== undefined) {
      if ('fault' in directive) throw new SyntaxFaultError({ fault: directive.fault, line: startLine });
      directives.push(directive);
      if (directive.name === 'escape') {
        if (directive.value !== '\\' && directive.value !== '`') {
          throw new SyntaxFaultError({
            fault: `the escape character "${directive.value}" is neither "\\" nor "\`"`,
            line: startLine,
          });
        }
        escape = directive.value;
      }
    }
    if (isComment(bare) || trimStart(bare) === '') {
      at += 1;
      continue;
    }
    const logical = joinLines(at === 0 ? [bare, ...lines.slice(1)] : lines, at, escape);
    const parsed = readLine(logical.text, escape, startLine);
    const end = at + logical.lineCount;
    const { heredocs, next } =
      read === 'none'
        ? { heredocs: [], next: end }
        : orNone(read === 'closed' ? warnings : undefined, end, () =>
            readHeredocs(lines, end, logical.text, parsed, startLine),
          );
    if (logical.hasBlankLines)
      warnings.push({
        message: 'a continued instruction has blank lines in it; a later BuildKit will refuse them',
        line: startLine,
      });
    const long = lines.slice(at, next).findIndex((line) => line.length > lineLimit);
    if (long !== -1)
      warnings.push({
        message: `the line is longer than ${lineLimit} bytes; many versions of BuildKit refuse it`,
        line: at + long + 1,
      });
    instructions.push({
      ...parsed,
      heredocs,
      raw: lines.slice(at, next).join(''),
      leading: lines.slice(leadingStart, at).join(''),
      startLine,
      endLine: next,
    });
    at = next;
    leadingStart = next;
  }
  return { directives, escape, instructions, trailing: lines.slice(leadingStart).join(''), warnings };
}

/** The first here-document that is not closed, which builders that know here-documents refuse. */
export function openHeredoc(text: string): SyntaxFault | undefined {
  try {
    readInstructions(text);
  } catch (error) {
    if (error instanceof OpenHeredocError) return error.fault;
    if (!(error instanceof SyntaxFaultError)) throw error;
  }
  return undefined;
}

import { splitLines, withoutLineEnd } from './lines.js';
import { trimEndWhere, trimStart } from './white-space.js';

/** A parser directive: a comment of the form `# name=value` before everything else. */
export interface Directive {
  readonly name: 'syntax' | 'escape' | 'check';
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Follows the lines of a file for as long as they may be directives. */
export class DirectiveReader {
  readonly #seen = new Set<string>();
  readonly #prefix: string;
  #isDone = false;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The directive of a line; undefined when it is none, a fault when the directive was there before. */
  read(text: string, line: number): Directive | { readonly fault: string } | undefined {
    if (this.#isDone) return undefined;
    const body = text.startsWith(this.#prefix) ? trimStart(text.slice(this.#prefix.length)) : '';
    const match = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+)$/.exec(body);
    const name = match?.[1]?.toLowerCase();
    const value = match?.[2] === undefined ? undefined : trimEndWhere(match[2], (char) => '\t\n\f\r '.includes(char));
    if (value === undefined || value === '' || (name !== 'syntax' && name !== 'escape' && name !== 'check')) {
      this.#isDone = true;
      return undefined;
    }
    if (this.#seen.has(name)) return { fault: `the directive "${name}" is given twice` };
    this.#seen.add(name);
    return { name, value, line };
  }
}

function findSyntax(lines: readonly string[], offset: number, prefix: string): Directive | undefined {
  const reader = new DirectiveReader(prefix);
  for (const [index, line] of lines.entries()) {
    const directive = reader.read(withoutLineEnd(line), offset + index + 1);
    if (directive === undefined || 'fault' in directive) return undefined;
    if (directive.name === 'syntax') return directive;
  }
  return undefined;
}

/**
 * The frontend that a file asks for: `# syntax=`, else `// syntax=`, else the key of a JSON document; a first line that starts
 * with `#!` is passed over. Only the word before the first blank counts. Rule: BuildKit's `DetectSyntax`.
 */
export function detectSyntax(text: string): { readonly image: string; readonly line: number } | undefined {
  const lines = splitLines(text.replace(/^\ufeff/, ''));
  const offset = lines[0]?.startsWith('#!') === true ? 1 : 0;
  const rest = lines.slice(offset);
  const directive = findSyntax(rest, offset, '#') ?? findSyntax(rest, offset, '//');
  if (directive !== undefined)
    return { image: directive.value.split(' ', 1)[0] ?? directive.value, line: directive.line };
  const body = trimStart(rest.join(''));
  if (!body.startsWith('{')) return undefined;
  try {
    const document: unknown = JSON.parse(body);
    if (typeof document !== 'object' || document === null || !('syntax' in document)) return undefined;
    return typeof document.syntax === 'string' ? { image: document.syntax, line: offset + 1 } : undefined;
  } catch {
    return undefined;
  }
}

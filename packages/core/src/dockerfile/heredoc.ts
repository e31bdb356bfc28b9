import { expandWord } from './shell-word.js';
import { trimStart } from './white-space.js';

/** A here-document of an instruction. */
export interface Heredoc {
  readonly name: string;
  /** The number before `<<`. @default 0 */
  readonly fileDescriptor: number;
  /** Whether variables in it are expanded: the name was not quoted. */
  readonly isExpanded: boolean;
  /** Whether leading tabs are taken off: `<<-`. */
  readonly isChomped: boolean;
  /** The lines between, as they are in the file. */
  readonly content: string;
}

/** The start of a here-document, before its lines are read. */
export type HeredocStart = Omit<Heredoc, 'content'>;

const nothing: ReadonlyMap<string, string> = new Map();
const countQuotes = (text: string): number => text.length - text.replace(/['"]/g, '').length;

/** Reads one word as the start of a here-document; undefined when it is none, a fault when its name has an open quote. */
export function readHeredocStart(word: string): HeredocStart | { readonly fault: string } | undefined {
  const match = /^(\d*)<<(-?)([^<]*)$/.exec(word);
  const [, descriptor = '', chomp = '', written = ''] = match ?? [];
  const rest = trimStart(written);
  if (match === null || rest === '') return undefined;
  const plain = expandWord(rest, nothing, { skipUnset: true });
  const raw = expandWord(rest, nothing, { skipUnset: true, rawQuotes: true });
  if ('fault' in plain) return plain;
  if ('fault' in raw) return raw;
  const [name] = plain.words;
  const [rawName] = raw.words;
  if (name === undefined || rawName === undefined || plain.words.length > 1) return undefined;
  return {
    name,
    fileDescriptor: Number(descriptor),
    isExpanded: countQuotes(name) === countQuotes(rawName),
    isChomped: chomp === '-',
  };
}

/** Every here-document that a logical line starts, in order. */
export function findHeredocs(line: string): readonly HeredocStart[] | { readonly fault: string } {
  const read = expandWord(line, nothing, { rawQuotes: true, rawEscapes: true, skipUnset: true });
  if ('fault' in read) return [];
  const found: HeredocStart[] = [];
  for (const word of read.words) {
    const start = readHeredocStart(word);
    if (start === undefined) continue;
    if ('fault' in start) return start;
    found.push(start);
  }
  return found;
}

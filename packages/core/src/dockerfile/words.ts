import { isSpace, splitAtBlanks, trim, trimStart } from './white-space.js';

/** Splits a text into words; quotes and escapes keep white space together and stay in the word. */
export function parseWords(text: string, escape: string): string[] {
  const words: string[] = [];
  const chars = Array.from(text);
  let word = '';
  let quote: string | undefined;
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    if (quote === undefined && isSpace(char)) {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    const isEscape = char === escape && quote !== "'";
    if (isEscape && at + 1 === chars.length) continue;
    if (quote === undefined && (char === "'" || char === '"')) quote = char;
    else if (char === quote) quote = undefined;
    word += char;
    if (isEscape) {
      at += 1;
      word += chars[at] ?? '';
    }
  }
  if (word !== '') words.push(word);
  return words;
}

/** Reads the `--name=value` words at the start of an instruction's arguments; quotes and backslashes are taken off them. */
export function splitFlags(text: string): { readonly flags: string[]; readonly rest: string } {
  const flags: string[] = [];
  let rest = trimStart(text);
  while (rest.startsWith('--')) {
    let flag = '';
    let quote: string | undefined;
    let hasQuotes = false;
    let at = 0;
    for (; at < rest.length; at += 1) {
      const char = rest.charAt(at);
      if (quote === undefined && isSpace(char)) break;
      if (char === quote) quote = undefined;
      else if (quote === undefined && (char === "'" || char === '"')) {
        quote = char;
        hasQuotes = true;
      } else if (char === '\\') {
        at += 1;
        flag += rest.charAt(at);
      } else flag += char;
    }
    rest = trimStart(rest.slice(at));
    if (flag === '--') break;
    if (hasQuotes || flag !== '') flags.push(flag);
  }
  return { flags, rest };
}

/** A logical line in its three parts. */
export interface Command {
  readonly keyword: string;
  readonly flags: readonly string[];
  readonly value: string;
}

/** Splits a logical line into the keyword as written, the flags and the rest. */
export function splitCommand(line: string): Command {
  const [keyword = '', rest] = splitAtBlanks(trim(line), 2);
  if (rest === undefined) return { keyword, flags: [], value: '' };
  const { flags, rest: value } = splitFlags(rest);
  return { keyword, flags, value: trim(value) };
}

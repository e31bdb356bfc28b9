import type { Instruction } from '../../src/index.js';

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Quotes as Go's `strconv.Quote`. */
function quote(text: string): string {
  const quoted = Array.from(text).map((char) => {
    const code = char.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    if (escapes[char] !== undefined) return escapes[char];
    if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
    return /[\p{C}\p{Z}]/u.test(char) && char !== ' ' ? `\\u${hex.padStart(4, '0')}` : char;
  });
  return `"${quoted.join('')}"`;
}

function dumpOne({ keyword, flags, args, trigger }: NonNullable<Instruction['trigger']>): string {
  const parts = keyword === '' ? [] : [keyword.toLowerCase()];
  if (flags.length > 0) parts.push(`[${flags.map(quote).join(' ')}]`);
  parts.push(...args.map(quote), ...(trigger === undefined ? [] : [dumpOne(trigger)]));
  return `(${parts.join(' ')})`;
}

/** Writes instructions as BuildKit's parser dumps its tree. */
export function dumpDockerfile(instructions: readonly Instruction[]): string {
  return instructions.map((instruction) => `${dumpOne(instruction)}\n`).join('');
}

import { DockError } from '@dock/core';

/** A command line in words, by the POSIX shell's quoting rules (as Python's `shlex.split`); nothing is expanded. @throws INVALID_OPTION */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < command.length; at += 1) {
    const char = command[at] ?? '';
    if (quote === "'") {
      if (char === quote) quote = '';
      else word += char;
    } else if (quote === '"') {
      const next = command[at + 1] ?? '';
      if (char === quote) quote = '';
      else if (char === '\\' && /["\\$`]/.test(next)) {
        word += next;
        at += 1;
      } else word += char;
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      at += 1;
      if (at === command.length) throw malformed(command, 'ends in a backslash');
      word = (word ?? '') + (command[at] ?? '');
    } else word = (word ?? '') + char;
  }
  if (quote !== '') throw malformed(command, `has an open ${quote}`);
  if (word !== undefined) words.push(word);
  return words;
}

function malformed(command: string, why: string): DockError {
  return new DockError('INVALID_OPTION', `The command ${JSON.stringify(command)} ${why}.`);
}

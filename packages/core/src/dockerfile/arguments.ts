import { isSpace, splitAtBlanks, trimStart } from './white-space.js';
import { parseWords } from './words.js';

/** The arguments of an instruction as BuildKit's parser lists them. */
export interface Arguments {
  readonly args: readonly string[];
  /** Whether they were written as a JSON array. */
  readonly isJson: boolean;
}

/** What is wrong with the arguments of an instruction. */
export interface ArgumentFault {
  readonly fault: string;
}

type Reader = (text: string, escape: string, keyword: string) => Arguments | ArgumentFault;

const list = (args: readonly string[]): Arguments => ({ args, isJson: false });

function readJson(text: string): Arguments | ArgumentFault | undefined {
  if (!trimStart(text).startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(trimStart(text));
  } catch {
    return undefined;
  }
  const items: unknown[] = Array.isArray(value) ? value : [];
  if (!items.every((item) => typeof item === 'string')) return { fault: 'a JSON array must have strings only' };
  return { args: items, isJson: true };
}

const readBlanks: Reader = (text) => list(text === '' ? [] : splitAtBlanks(text));
const readWhole: Reader = (text) => list(text === '' ? [] : [text]);
const readCommand: Reader = (text) => readJson(text) ?? list(text === '' ? [] : [text]);
const readPaths: Reader = (text, escape, keyword) => readJson(text) ?? readBlanks(text, escape, keyword);
const readNames: Reader = (text, escape) => list(parseWords(text, escape));

/** Name, value and `=` for each pair; the old form `NAME value` has an empty third part. */
const readPairs: Reader = (text, escape, keyword) => {
  const words = parseWords(text, escape);
  const [first] = words;
  if (first === undefined) return list([]);
  if (!first.includes('=')) {
    const [name = '', value] = splitAtBlanks(text, 2);
    return value === undefined ? { fault: `${keyword} must have two arguments` } : list([name, value, '']);
  }
  const wrong = words.find((word) => !word.includes('='));
  if (wrong !== undefined) return { fault: `"${wrong}" has no "="; it must be name=value` };
  return list(words.flatMap((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1), '=']));
};

const readHealthcheck: Reader = (text, escape, keyword) => {
  let end = 0;
  while (end < text.length && !isSpace(text.charAt(end))) end += 1;
  if (end === 0) return list([]);
  const command = readCommand(trimStart(text.slice(end)), escape, keyword);
  return 'fault' in command ? command : { ...command, args: [text.slice(0, end), ...command.args] };
};

const readers: ReadonlyMap<string, Reader> = new Map([
  ['ADD', readPaths],
  ['ARG', readNames],
  ['CMD', readCommand],
  ['COPY', readPaths],
  ['ENTRYPOINT', readCommand],
  ['ENV', readPairs],
  ['EXPOSE', readBlanks],
  ['FROM', readBlanks],
  ['HEALTHCHECK', readHealthcheck],
  ['LABEL', readPairs],
  ['MAINTAINER', readWhole],
  ['RUN', readCommand],
  ['SHELL', readCommand],
  ['STOPSIGNAL', readWhole],
  ['USER', readWhole],
  ['VOLUME', readPaths],
  ['WORKDIR', readWhole],
]);

/** The instructions of the Dockerfile reference. */
export const instructionKeywords: readonly string[] = [...readers.keys(), 'ONBUILD'];

/** Whether an upper-case keyword is an instruction of the Dockerfile reference. */
export function isInstructionKeyword(keyword: string): boolean {
  return instructionKeywords.includes(keyword);
}

/** Reads the arguments of any instruction but ONBUILD, by the rules of its (upper-case) keyword. */
export function readArguments(keyword: string, value: string, escape: string): Arguments | ArgumentFault {
  return readers.get(keyword)?.(value, escape, keyword) ?? list(['']);
}

import { DockError, isDockError, nearestWord, redactCredentials, toDockError } from '@dock/core';
import { otherFlags } from './other-flags.js';

/** What the parser of oclif throws, by structure. */
interface ParseFailure {
  readonly message: string;
  readonly flags?: readonly string[];
  readonly args?: readonly ({ readonly name?: string } | string)[];
  readonly oclif: { readonly exit?: number };
}

interface KnownFlag {
  readonly type?: unknown;
  readonly helpValue?: unknown;
  readonly options?: readonly string[];
}

/** What is known of the command that was parsed. */
export interface ParsedCommand {
  readonly id: string;
  /** As help shows it: `build [PATH | URL] [FLAGS]`. */
  readonly usage: string;
  readonly flags: Readonly<Record<string, KnownFlag>>;
}

interface Usage {
  readonly message: string;
  /** What to do, before the hint at the help. */
  readonly hint?: string | undefined;
}

interface Rule {
  readonly pattern: RegExp;
  /** @param groups What the pattern caught. */
  readonly usage: (groups: readonly string[], failure: ParseFailure, command: ParsedCommand) => Usage;
}

/** The parser tells most failures in words alone; these are oclif's, and ours for them. */
const rules: readonly Rule[] = [
  {
    pattern: /^Nonexistent flag/,
    usage: (_, { flags = [] }, { id, flags: known }) => {
      const unknown = flags[0] ?? '';
      const name = unknown.replace(/^-+/, '').split('=')[0] ?? '';
      const ofDocker = id === 'build' && Object.hasOwn(otherFlags, name) ? otherFlags[name] : undefined;
      const hint = ofDocker ?? didYouMean(nearestWord(name, Object.keys(known)), '--');
      return { message: `"dock ${id}" does not know the flag "${unknown}".`, hint };
    },
  },
  {
    pattern: /^Flag --(\S+) expects (?:a value|one of these values)/,
    usage: ([name = ''], _, { id, flags }) => {
      const { helpValue, options } = flags[name] ?? {};
      const value = options?.join('|') ?? (typeof helpValue === 'string' ? helpValue : 'VALUE');
      return { message: `"dock ${id}": the flag "--${name}" has no value.`, hint: `Write "--${name} ${value}".` };
    },
  },
  {
    pattern: /^Expected --([^=\s]+)=(.*) to be one of: /s,
    usage: ([name = '', value = ''], _, { id, flags }) => {
      const options = flags[name]?.options ?? [];
      return {
        message: `"dock ${id}": the flag "--${name}" takes ${options.join(', ')}, not "${value}".`,
        hint: didYouMean(nearestWord(value, options)),
      };
    },
  },
  {
    pattern: /^Unexpected argument/,
    usage: (_, { args = [] }, { id, usage }) => {
      const words = args.map((arg) => `"${redactCredentials(wordOf(arg))}"`).join(', ');
      return { message: `"dock ${id}" does not take ${words} too.`, hint: `Its form is: dock ${usage}.` };
    },
  },
  {
    pattern: /^Missing/,
    usage: (_, { args = [] }, { id, usage }) => {
      const names = args.map((arg) => `"${wordOf(arg)}"`).join(', ');
      return { message: `"dock ${id}" needs ${names}.`, hint: `Its form is: dock ${usage}.` };
    },
  },
  {
    pattern: /--([\w-]+)(?:=.*)? cannot also be provided when using --([\w-]+)/,
    usage: ([one = '', other = ''], _, { id }) => ({
      message: `"dock ${id}": the flags "--${one}" and "--${other}" exclude each other.`,
      hint: 'Leave one of them out.',
    }),
  },
];

/** An argument that was given, or the name of one that was not. */
function wordOf(arg: NonNullable<ParseFailure['args']>[number]): string {
  return typeof arg === 'string' ? arg : (arg.name ?? '');
}

function didYouMean(word: string | undefined, before = ''): string | undefined {
  return word === undefined ? undefined : `Did you mean "${before}${word}"?`;
}

/** Whatever a command threw as a DockError: what the parser refuses becomes USAGE in words of ours. */
export function usageFailure(error: unknown, command: ParsedCommand): DockError {
  if (isDockError(error) || !isParseFailure(error)) return toDockError(error);
  const help = `"dock ${command.id} --help" lists what it takes.`;
  for (const { pattern, usage } of rules) {
    const match = pattern.exec(error.message);
    if (match === null) continue;
    const { message, hint } = usage(match.slice(1), error, command);
    return new DockError('USAGE', message, { hint: hint === undefined ? help : `${hint} ${help}` });
  }
  const lines = error.message
    .replace(/\nSee more help with --help$/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return new DockError('USAGE', `"dock ${command.id}": ${lines.join(' ')}`, { hint: help });
}

function isParseFailure(error: unknown): error is ParseFailure {
  return error instanceof Error && typeof (error as { oclif?: unknown }).oclif === 'object';
}

import { wrapText } from './wrap-text.js';

/** The part of oclif's manifest that help is made of. */
export interface Manifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

/** One command. */
export interface ManifestCommand {
  readonly summary?: string;
  readonly description?: string;
  readonly usage?: string | readonly string[];
  readonly examples?: readonly string[];
  readonly args: Readonly<Record<string, { readonly name: string; readonly description?: string }>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
}

/** One flag. */
export interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly description?: string;
  readonly helpGroup?: string;
  readonly helpValue?: string;
  readonly options?: readonly string[];
  readonly default?: string | boolean;
  readonly hidden?: boolean;
  readonly type: string;
}

/** How help is coloured. */
export interface HelpStyle {
  readonly columns: number;
  readonly bold: (text: string) => string;
}

/** Groups of flags in the order that help and the reference page show them. */
export const flagGroups = [
  'IMAGE',
  'SOURCE',
  'BUILD',
  'PUBLISH',
  'RUNNER',
  'GC',
  'CONFIG',
  'ENGINE',
  'OUTPUT',
] as const;

/** Help of the program. Ends with a newline. */
export function formatProgramHelp(manifest: Manifest, style: HelpStyle): string {
  const rows = Object.entries(manifest.commands).map(([id, command]): Row => [id, command.summary ?? '']);
  return sections(style, [
    ['', ['From source to a published container image, through typed hooks on both sides of the build.']],
    ['USAGE', ['dock COMMAND [FLAGS]']],
    ['COMMANDS', table([...rows, ['help', 'Show help for a command']], style.columns)],
    [
      'FLAGS',
      table(
        [
          ['-h, --help', 'Show help; also after a command'],
          ['-v, --version', 'Show the version'],
        ],
        style.columns,
      ),
    ],
    ['', ['Run "dock COMMAND --help" for the flags of a command.']],
  ]);
}

/** Help of one command. Ends with a newline. */
export function formatCommandHelp(command: ManifestCommand, style: HelpStyle): string {
  const flags = Object.values(command.flags).filter((flag) => flag.hidden !== true);
  const groups = flagGroups.map((group): Section => {
    const rows = flags.filter((flag) => flag.helpGroup === group).map((flag): Row => [flagWords(flag), flagText(flag)]);
    return [`${group} FLAGS`, table(rows, style.columns)];
  });
  const args = Object.values(command.args).map((arg): Row => [arg.name, arg.description ?? '']);
  const usage = typeof command.usage === 'string' ? [command.usage] : (command.usage ?? []);
  return sections(style, [
    ['', wrapText(`${command.summary ?? ''}.`, style.columns)],
    ['USAGE', usage.map((line) => `dock ${line}`)],
    ['ARGUMENTS', table(args, style.columns)],
    ...groups,
    ['', wrapText(command.description ?? '', style.columns)],
    ['EXAMPLES', (command.examples ?? []).map((example) => `$ ${example}`)],
  ]);
}

/** `-t, --tag NAME[:TAG]`. */
export function flagWords(flag: ManifestFlag): string {
  const word = flag.options?.join('|') ?? flag.helpValue ?? 'VALUE';
  // A value that may be left out follows without a space.
  const value = flag.type === 'boolean' ? '' : word.startsWith('[=') ? word : ` ${word}`;
  return `${flag.char === undefined ? '    ' : `-${flag.char}, `}--${flag.name}${value}`;
}

/** The description, with the default where it has one. */
export function flagText(flag: ManifestFlag): string {
  const fallback = typeof flag.default === 'string' ? ` [default: ${flag.default}]` : '';
  return `${flag.description ?? ''}${fallback}`;
}

type Row = readonly [left: string, right: string];
type Section = readonly [title: string, lines: readonly string[]];

function sections(style: HelpStyle, all: readonly Section[]): string {
  return all
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => {
      const indent = title === '' ? '' : '  ';
      const heading = title === '' ? '' : `${style.bold(title)}\n`;
      return `${heading}${lines.map((line) => `${indent}${line}\n`).join('')}`;
    })
    .join('\n');
}

/** Two columns, the right one wrapped; a long left word gets its own line. */
function table(rows: readonly Row[], columns: number): string[] {
  const left = Math.min(34, Math.max(0, ...rows.map(([word]) => word.length)) + 2);
  const room = Math.max(24, columns - left - 4);
  return rows.flatMap(([word, text]) => {
    const [first = '', ...rest] = wrapText(text, room);
    const padding = ' '.repeat(left);
    const head = word.length < left ? [`${word.padEnd(left)}${first}`] : [word, `${padding}${first}`];
    return [...head, ...rest.map((line) => `${padding}${line}`)].map((line) => line.trimEnd());
  });
}

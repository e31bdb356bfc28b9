import { controlCharacters, escapeSequences } from '@dock/core';

/** What may stay in text that a person sees. */
export interface CleanOptions {
  /** Keep colour (SGR) sequences. */
  readonly colour?: boolean;
  /** Break what a CI system would take for a command in its log. */
  readonly isCi?: boolean;
}

/** What is left of ESC once the kept sequences are taken out of the way. */
// oxlint-disable-next-line no-control-regex -- a control character is what is looked for
const strayEscapes = /\x1b(?!\[[0-9;:]*m)/g;

const reset = '\x1b[0m';

/**
 * Text from elsewhere (a build, an engine, a plugin), made safe to print: of control sequences at most colour stays, a carriage return becomes a new line,
 * everything else that could move the cursor, set a title, reorder text or command a CI system is taken out.
 */
export function cleanText(text: string, options: CleanOptions = {}): string {
  const kept = text
    .replaceAll(/\r+\n?/g, '\n')
    .replaceAll(escapeSequences, (sequence, parameters: string | undefined, final: string | undefined) =>
      options.colour === true && final === 'm' && /^[0-9;:]*$/.test(parameters ?? '')
        ? `\x1b[${parameters ?? ''}m`
        : sequence.includes('\n')
          ? '\n'
          : '',
    )
    .replaceAll(controlCharacters, '')
    .replaceAll(strayEscapes, '');
  const coloured = kept.includes('\x1b') ? kept.split('\n').map(closeColour).join('\n') : kept;
  return options.isCi === true ? breakCommands(coloured) : coloured;
}

/** A line that sets a colour also ends it. */
function closeColour(line: string): string {
  return line.includes('\x1b') && !line.endsWith(reset) ? `${line}${reset}` : line;
}

/** GitHub reads `::command` at the start of a line and `##[command]` anywhere; Azure reads `##vso[` anywhere. */
function breakCommands(text: string): string {
  return text.replaceAll(/^([^\S\n]*):(?=:)/gm, '$1: ').replaceAll(/##(?=\[|vso\[)/gi, '## ');
}

/** Whether the environment is one of a CI system. */
export function isCiEnvironment(env: Readonly<Record<string, string | undefined>>): boolean {
  return ['CI', 'GITHUB_ACTIONS', 'TF_BUILD'].some((name) => !['', '0', 'false', undefined].includes(env[name]));
}

/**
 * JSON for a stream that may be a terminal or the log of a CI system: characters that JSON leaves alone but a terminal obeys are escaped, and what Azure and
 * GitHub take for a command anywhere in a line.
 */
export function safeJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space)
    .replaceAll(
      /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replaceAll(/##(?=\[|vso\[)/gi, '#\\u0023');
}

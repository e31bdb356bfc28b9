import { DockError, isDockError, nearestWord, toDockError } from '@dock/core';

/** What the parser of oclif throws, by structure. */
interface ParseFailure {
  readonly message: string;
  readonly flags?: readonly string[];
  readonly args?: readonly { readonly name?: string }[];
  readonly oclif: { readonly exit?: number };
}

/** Whatever a command threw as a DockError: what the parser refuses becomes USAGE with the nearest flag. */
export function usageFailure(error: unknown, command: string, knownFlags: readonly string[]): DockError {
  if (isDockError(error) || !isParseFailure(error)) return toDockError(error);
  const help = `"dock ${command} --help" lists what it takes.`;
  const unknown = error.message.startsWith('Nonexistent flag') ? error.flags?.[0] : undefined;
  if (unknown !== undefined) {
    const near = nearestWord(unknown.replace(/^-+/, '').split('=')[0] ?? '', knownFlags);
    return new DockError('USAGE', `"dock ${command}" does not know the flag "${unknown}".`, {
      hint: near === undefined ? help : `Did you mean "--${near}"? ${help}`,
    });
  }
  if (error.message.startsWith('Missing')) {
    const names = (error.args ?? []).map((arg) => `"${arg.name}"`).join(', ');
    return new DockError('USAGE', `"dock ${command}" needs ${names}.`, { hint: help });
  }
  const lines = error.message
    .replace(/\nSee more help with --help$/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return new DockError('USAGE', `"dock ${command}": ${lines.join(' ')}`, { hint: help });
}

function isParseFailure(error: unknown): error is ParseFailure {
  return error instanceof Error && typeof (error as { oclif?: unknown }).oclif === 'object';
}

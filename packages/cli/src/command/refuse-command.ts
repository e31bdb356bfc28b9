import { DockError, errorDocument, nearestWord } from '@dock/core';
import { cleanText, safeJson } from '../output/clean-text.js';
import { complain } from './complain.js';

/** Say that there is no such command, with the nearest one. @param write Takes the document that a program gets; not called for a person */
export function refuseCommand(
  word: string,
  commands: readonly string[],
  write: ((text: string) => void) | undefined,
): void {
  const error = word.startsWith('-') ? strayFlag(word) : unknownCommand(word, commands);
  const document = errorDocument(error);
  complain(document, process.env);
  process.exitCode = error.exitStatus;
  write?.(`${safeJson({ v: 1, status: 'failed', exitStatus: error.exitStatus, error: document }, 2)}\n`);
}

function strayFlag(word: string): DockError {
  return new DockError('USAGE', `The flag "${cleanText(word)}" comes before any command.`, {
    hint: 'Flags follow the command: dock COMMAND [FLAGS]. Run "dock --help".',
  });
}

function unknownCommand(word: string, commands: readonly string[]): DockError {
  const near = nearestWord(word, [...commands, 'help']);
  return new DockError('USAGE', `dock does not know the command "${cleanText(word)}".`, {
    hint: near === undefined ? `Commands: ${commands.join(', ')}. Run "dock --help".` : `Did you mean "dock ${near}"?`,
  });
}

import { DockError, errorDocument, nearestWord } from '@dock/core';
import { cleanText, isCiEnvironment, safeJson } from '../output/clean-text.js';
import { hasColour } from '../output/colour-choice.js';
import { createColours } from '../output/colours.js';
import { formatError } from '../output/error-text.js';

/** Say that there is no such command, with the nearest one. */
export function refuseCommand(word: string, commands: readonly string[], isJson: boolean): void {
  const error = word.startsWith('-') ? strayFlag(word) : unknownCommand(word, commands);
  const document = errorDocument(error);
  const colour = hasColour(process.env, process.stderr.isTTY === true);
  process.stderr.write(
    formatError(document, { colours: createColours(colour), clean: { colour, isCi: isCiEnvironment(process.env) } }),
  );
  if (isJson)
    process.stdout.write(`${safeJson({ v: 1, status: 'failed', exitStatus: error.exitStatus, error: document }, 2)}\n`);
  process.exitCode = error.exitStatus;
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

import type { Environment } from '@dock/api';
import { DockError, type ErrorDocument, errorDocument, toDockError } from '@dock/core';
import { isCiEnvironment } from '../output/clean-text.js';
import { hasColour } from '../output/colour-choice.js';
import { createColours } from '../output/colours.js';
import { formatError } from '../output/error-text.js';

/** Say on standard error what went wrong. */
export function complain(error: ErrorDocument, env: Environment): void {
  // There is nowhere left to say it; the status does.
  process.stderr.once('error', () => undefined);
  const colour = hasColour(env, process.stderr.isTTY === true);
  process.stderr.write(
    formatError(error, { colours: createColours(colour), clean: { colour, isCi: isCiEnvironment(env) } }),
  );
}

/** Say that standard output did not take what was for it: what went well has status 3 by that, what failed keeps its own. */
export function complainOfLostOutput(cause: Error, env: Environment): void {
  const { code } = toDockError(cause);
  const error = new DockError(code, `What was for standard output could not be written: ${cause.message}`, {
    cause,
    exitStatus: 3,
    hint: 'Make room where standard output goes. The result of a run is also in "result.json" beside its log.',
  });
  complain(errorDocument(error), env);
  process.exitCode ||= error.exitStatus;
}

import { DockError } from '@dock/core';
import type { PrivilegedOptions } from './privileged-options.js';

/** Words by which engines, their runtimes and their authorization plugins refuse rights. */
const refusals = [
  /privileged/i,
  /unable to apply caps/i,
  /operation not permitted/i,
  /authorization denied/i,
  /is not permitted|not allowed|forbidden/i,
];

/** A container that may not be created or started with such rights. Everything else stays as it is. */
export function explainRefusal(error: unknown, mode: NonNullable<PrivilegedOptions['mode']>): unknown {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof Error) || !refusals.some((words) => words.test(message))) return error;
  return new DockError('PRIVILEGED_REFUSED', `The engine refuses the build container its rights: ${message}.`, {
    cause: error,
    hint:
      mode === 'privileged'
        ? "Use another engine, or try the runner's option: mode: 'capabilities'."
        : 'Use another engine, or another runner.',
  });
}

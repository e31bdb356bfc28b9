import { DockError, isDockError } from '@dock/core';

/** An error with the last lines that the container printed, where it brings none; anything else as it is. */
export function withLastLines(error: unknown, lastLines: readonly string[]): unknown {
  if (!isDockError(error) || lastLines.length === 0 || error.details?.['lastLines'] !== undefined) return error;
  const { code, message, hint, cause, phase, plugin, hook, retryable, exitStatus, details } = error;
  const copy = new DockError(code, message, {
    hint,
    retryable,
    exitStatus,
    details: { ...details, lastLines },
    ...(cause === undefined ? {} : { cause }),
    ...(phase === undefined ? {} : { phase }),
    ...(plugin === undefined ? {} : { plugin }),
    ...(hook === undefined ? {} : { hook }),
  });
  copy.attached.push(...error.attached);
  return copy;
}

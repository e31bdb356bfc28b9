import { type BuildResult, DockError, type ErrorDocument, isErrorCode } from '@dock/core';

/**
 * The result, if it is a good one: for callers who prefer exceptions.
 *
 * @throws the run's own error, whatever its code
 */
export function throwIfFailed(result: BuildResult): BuildResult {
  if (result.status === 'ok') return result;
  throw result.error === undefined
    ? new DockError('INTERNAL', `Run "${result.runId}" failed without an error.`)
    : revive(result.error);
}

function revive(document: ErrorDocument): DockError {
  const { code, message, hint, phase, plugin, hook, retryable, exitStatus, cause, details, attached } = document;
  const isRecord = typeof details === 'object' && details !== null && !Array.isArray(details);
  const error = new DockError(isErrorCode(code) ? code : 'INTERNAL', message, {
    hint,
    retryable,
    exitStatus,
    ...(phase === undefined ? {} : { phase }),
    ...(plugin === undefined ? {} : { plugin }),
    ...(hook === undefined ? {} : { hook }),
    ...(cause === undefined ? {} : { cause: new Error(cause.join(': ')) }),
    ...(isRecord ? { details: details as Readonly<Record<string, unknown>> } : {}),
  });
  error.attached.push(...(attached ?? []).map(revive));
  return error;
}

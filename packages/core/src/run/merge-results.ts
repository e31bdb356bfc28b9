import type { BuildResult, ErrorDocument, WarningDocument } from '../contracts/result.js';

/**
 * The result of a run whose pipeline ran elsewhere: what the pipeline says, with this side's times, log, and what went wrong on this side. The first
 * error wins: the pipeline's, if it has one.
 *
 * @param own The result as this side alone knows it.
 */
export function mergeResults(
  pipeline: BuildResult,
  own: BuildResult,
  ownWarnings: readonly WarningDocument[],
): BuildResult {
  const { logFile: _logFile, error: _error, ...rest } = pipeline;
  const error = firstError(pipeline.error, own.error);
  return {
    ...rest,
    runId: own.runId,
    runner: own.runner,
    status: pipeline.status === 'ok' ? own.status : pipeline.status,
    exitStatus: pipeline.status === 'ok' ? own.exitStatus : pipeline.exitStatus,
    startedAt: own.startedAt,
    durationMs: own.durationMs,
    warnings: [...pipeline.warnings, ...ownWarnings],
    ...(error === undefined ? {} : { error }),
    ...(own.logFile === undefined ? {} : { logFile: own.logFile }),
  };
}

function firstError(first: ErrorDocument | undefined, later: ErrorDocument | undefined): ErrorDocument | undefined {
  if (first === undefined || later === undefined) return first ?? later;
  // A cancellation that both sides tell of is one.
  if (first.code === 'CANCELLED' && later.code === 'CANCELLED') return first;
  return { ...first, attached: [...(first.attached ?? []), later] };
}

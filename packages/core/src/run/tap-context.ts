import type { EngineEvent } from '../contracts/event.js';
import type { HookName } from '../contracts/phases.js';
import type { JsonValue } from '../contracts/result.js';
import type { Logger, RunContext } from '../contracts/run-context.js';
import { plainCopy } from '../hooks/plain-value.js';
import type { Tap } from '../hooks/tap.js';
import type { RunScope } from './run-scope.js';

/** Bytes that a plugin may report. */
const reportLimit = 1024 * 1024;

/** The context of one call of one tap, frozen. `extra` is what the phase adds. */
export function tapContext(
  scope: RunScope,
  hook: HookName,
  tap: Tap,
  signal: AbortSignal,
  extra: Readonly<Record<string, unknown>>,
): RunContext {
  const { record, context } = scope;
  const plugin = tap.plugin.name;
  return Object.freeze({
    runId: record.runId,
    cwd: context.cwd,
    env: context.env,
    startedAt: record.startedAt,
    isPublishing: scope.isPublishing,
    engine: scope.engine,
    signal,
    logger: loggerFor(scope, plugin),
    report: (value: JsonValue) =>
      record.report(plugin, hook, plainCopy(value, `The report of plugin "${plugin}"`, reportLimit) as JsonValue),
    warn: (message: string, options?: { hint?: string; code?: string }) =>
      scope.warn({ message, plugin, hook, ...options }),
    addSecret: (value: string) => scope.masker.add(value),
    emit: (event: EngineEvent) => scope.emit(event),
    onCleanup: (name: string, undo: (signal: AbortSignal) => unknown) => scope.cleanup.add(`${plugin}: ${name}`, undo),
    ...extra,
  });
}

function loggerFor(scope: RunScope, source: string): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) =>
    scope.emit({ type: 'log', level, message: String(message), source });
  return Object.freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}

import type { EngineEvent } from '../contracts/event.js';
import type { HookName } from '../contracts/phases.js';
import type { JsonValue } from '../contracts/result.js';
import type { Logger, RunContext } from '../contracts/run-context.js';
import type { RunNote } from '../contracts/run-note.js';
import type { Tap } from '../hooks/tap.js';
import { readNote } from './note-rules.js';
import { pluginEvent } from './plugin-event.js';
import { reportCopy } from './report-copy.js';
import type { RunScope } from './run-scope.js';
import { watchedEngine } from './watched-engine.js';

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
    env: scope.env,
    startedAt: record.startedAt,
    isPublishing: scope.isPublishing,
    ...(scope.job.request.verify === undefined ? {} : { verify: scope.job.request.verify }),
    ...(scope.builder === undefined ? {} : { builder: { name: scope.builder.name } }),
    engine: hook === 'push' ? watchedEngine(scope) : scope.engine,
    registry: scope.registry,
    signal,
    logger: loggerFor(scope, plugin),
    report: (value: JsonValue) => record.report(plugin, hook, reportCopy(plugin, value)),
    warn: (message: string, options?: { hint?: string; code?: string }) =>
      scope.warn({ message: String(message), ...texts(options), plugin, hook }),
    addSecret: (value: string) => scope.masker.add(value),
    emit: forward(scope, plugin, hook),
    onCleanup: (name: string, undo: (signal: AbortSignal) => unknown, note?: RunNote) =>
      scope.cleanup.add(`${plugin}: ${name}`, undo, {
        plugin,
        ...(note === undefined ? {} : { onGone: scope.state.note(readNote(note, record.runId)) }),
      }),
    ...extra,
  });
}

/** What a warning may say beside its message. */
function texts(options: { hint?: unknown; code?: unknown } | undefined): { hint?: string; code?: string } {
  const { hint, code } = options ?? {};
  return { ...(typeof hint === 'string' ? { hint } : {}), ...(typeof code === 'string' ? { code } : {}) };
}

/** Hands a plugin's events on: a warning goes into the result too, and what is no event is told once. */
function forward(scope: RunScope, plugin: string, hook: HookName): (event: EngineEvent) => unknown {
  let isTold = false;
  return (given) => {
    const read = pluginEvent(given);
    if ('problem' in read) {
      const message = `Plugin "${plugin}" emitted something that is no event; it is left out: ${read.problem}`;
      if (!isTold) scope.warn({ message, plugin, hook });
      isTold = true;
    } else if (read.event.type === 'warning') {
      scope.warn({ message: read.event.message, ...texts(read.event), plugin, hook });
    } else return scope.emit(read.event);
    return undefined;
  };
}

function loggerFor(scope: RunScope, source: string): Logger {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) =>
    scope.emit({ type: 'log', level, message: String(message), source });
  return Object.freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}

import {
  createHookSet,
  DockError,
  dockVersion,
  guardCall,
  isDockError,
  reportCopy,
  type DockPlugin,
  type EngineEvent,
  type GateOutcome,
  type HookName,
  type JsonValue,
  type PublishedImage,
  type UnpublishedImage,
  type WarningDocument,
} from '@dock/core';
import { hookArguments, phaseContext, type HookOutputs, type PluginCall } from './hook-values.js';
import { partialEngine, partialRegistry } from './partial-port.js';

/** What came of one call. */
export interface PluginOutcome<Hook extends HookName> {
  /** The hook's value after the plugin; the given one where a plugin returned nothing. Absent after an error. */
  readonly value?: HookOutputs[Hook];
  /** What failed, as a run would report it. */
  readonly error?: DockError;
  readonly warnings: readonly WarningDocument[];
  /** Values given to `context.report`, in order. */
  readonly reports: readonly JsonValue[];
  /** Everything emitted: progress, and what was logged. */
  readonly events: readonly EngineEvent[];
  /** Values given to `context.addSecret`. */
  readonly secrets: readonly string[];
  /** What `push` taps reported with `reportPublished` and `reportUnpublished`. */
  readonly published: readonly PublishedImage[];
  readonly unpublished: readonly UnpublishedImage[];
  /** What `prepublish` taps reported with `reportGate`. */
  readonly gates: readonly GateOutcome[];
}

/** Names of the undo steps that ran belong to the events; the limit is that of a run. */
const cleanupLimitMs = 10_000;

/**
 * Apply one plugin to the real hooks and guard of core, call one hook, and undo what the plugin registered with `context.onCleanup`.
 * Never throws for what the plugin did: a fault is the outcome's `error`, or a warning for an optional plugin, as in a run.
 *
 * @example
 * const { value, error } = await runPlugin(tag({ tags: ['1'] }), { hook: 'prebuild', value: buildSpec() });
 */
export async function runPlugin<Hook extends HookName>(
  plugin: DockPlugin,
  call: PluginCall<Hook>,
): Promise<PluginOutcome<Hook>> {
  const { hook } = call;
  const timeoutMs = call.timeoutMs ?? 10_000;
  const warnings: WarningDocument[] = [];
  const reports: JsonValue[] = [];
  const events: EngineEvent[] = [];
  const secrets: string[] = [];
  const published: PublishedImage[] = [];
  const unpublished: UnpublishedImage[] = [];
  const gates: GateOutcome[] = [];
  const undos: { name: string; undo: (signal: AbortSignal) => unknown }[] = [];

  const log = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string) =>
    void events.push({ type: 'log', level, message: String(message), source: plugin.name });
  const contextFor = (signal: AbortSignal) =>
    Object.freeze({
      runId: call.context?.runId ?? 'run-plugin',
      cwd: call.context?.cwd ?? '/',
      env: call.context?.env ?? {},
      startedAt: '2024-01-02T03:04:05.000Z',
      isPublishing: call.context?.isPublishing ?? false,
      ...(call.context?.verify === undefined ? {} : { verify: call.context.verify }),
      engine: partialEngine(call.engine ?? {}),
      registry: partialRegistry(call.registry ?? {}),
      signal,
      logger: Object.freeze({ debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }),
      report: (value: JsonValue) => void reports.push(reportCopy(plugin.name, value)),
      warn: (message: string, options?: { hint?: string; code?: string }) =>
        void warnings.push({ message, plugin: plugin.name, hook, ...options }),
      addSecret: (value: string) => {
        if (value.length < 4) throw new DockError('SECRET_TOO_SHORT', 'A secret has fewer than four characters.');
        secrets.push(value);
      },
      emit: (event: EngineEvent) => void events.push(event),
      onCleanup: (name: string, undo: (signal: AbortSignal) => unknown) => void undos.push({ name, undo }),
      ...(hook === 'prepublish'
        ? {
            reportGate: (outcome: Omit<GateOutcome, 'gate'>) => void gates.push({ gate: plugin.name, ...outcome }),
          }
        : {}),
      ...(hook === 'push'
        ? {
            reportPublished: (image: PublishedImage) => void published.push(image),
            reportUnpublished: (image: UnpublishedImage) => void unpublished.push(image),
          }
        : {}),
      ...phaseContext(call),
    });
  const limits = { signal: hook === 'cleanup' ? undefined : call.signal, forceSignal: undefined, graceMs: 100 };

  let value: unknown;
  let error: DockError | undefined;
  try {
    const hooks = await createHookSet([plugin], dockVersion);
    value = await hooks.call(hook, hookArguments(call), async (_, tap, args) => {
      try {
        return await guardCall(
          (signal) => tap.fn(...args, contextFor(signal)),
          { plugin: plugin.name, hook, tap: tap.name },
          { ...limits, timeoutMs: tap.timeoutMs ?? timeoutMs },
        );
      } catch (caught) {
        const isLenient =
          hook === 'cleanup' || (plugin.optional === true && !(isDockError(caught) && caught.code === 'CANCELLED'));
        if (!isLenient) throw caught;
        const { message, ...rest } = asDockError(caught, plugin.name, hook);
        warnings.push({ message, hint: rest.hint, code: rest.code, plugin: plugin.name, hook });
        return undefined;
      }
    });
  } catch (caught) {
    error = asDockError(caught, plugin.name, hook);
  }
  for (const { name, undo } of undos.reverse()) {
    await guardCall(
      undo,
      { plugin: plugin.name, hook: 'cleanup', tap: name },
      { ...limits, signal: undefined, timeoutMs: cleanupLimitMs },
    ).catch((caught: unknown) =>
      warnings.push({ message: asDockError(caught, plugin.name, hook).message, plugin: plugin.name, hook }),
    );
  }
  return {
    ...(error === undefined ? { value: value as HookOutputs[Hook] } : { error }),
    warnings,
    reports,
    events,
    secrets,
    published,
    unpublished,
    gates,
  };
}

function asDockError(caught: unknown, plugin: string, hook: HookName): DockError {
  if (isDockError(caught)) return caught.within({ plugin, hook });
  return new DockError('INTERNAL', caught instanceof Error ? caught.message : String(caught), {
    plugin,
    hook,
    cause: caught,
  });
}

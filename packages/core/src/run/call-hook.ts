import type { HookName } from '../contracts/phases.js';
import { DockError } from '../errors/dock-error.js';
import { toDockError } from '../errors/error-document.js';
import { guardCall } from '../hooks/guard.js';
import type { TapCaller } from '../hooks/hook-set.js';
import { announceStage, type Tap } from '../hooks/tap.js';
import { cleanupLimitMs } from './cleanup-stack.js';
import { graceMs } from './limits.js';
import type { RunScope } from './run-scope.js';
import { tapContext } from './tap-context.js';

/**
 * Call a hook: every tap under the guard, with its own context, between `plugin.start` and `plugin.end`.
 * An optional plugin's failure, and any failure in `announce` or `cleanup`, becomes a warning and leaves the value as it was.
 *
 * @param extra What the phase adds to the taps' context.
 */
export async function callHook(
  scope: RunScope,
  hook: HookName,
  args: readonly unknown[],
  extra: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const caller: TapCaller = async (_, tap, given) => callTap(scope, hook, tap, given, extra);
  return scope.hooks.call(hook, args, caller);
}

async function callTap(
  scope: RunScope,
  hook: HookName,
  tap: Tap,
  args: readonly unknown[],
  extra: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const plugin = tap.plugin.name;
  const isCleanup = hook === 'cleanup';
  const began = performance.now();
  scope.emit({ type: 'plugin.start', plugin, hook, tap: tap.name });
  const end = (status: 'ok' | 'failed') => {
    const durationMs = Math.round(performance.now() - began);
    scope.emit({ type: 'plugin.end', plugin, hook, tap: tap.name, status, durationMs });
    scope.record.addTiming({ plugin, hook, tap: tap.name, status, durationMs });
  };
  try {
    const value = await guardCall(
      (signal) => tap.fn(...args, tapContext(scope, hook, tap, signal, extra)),
      { plugin, hook, tap: tap.name },
      {
        signal: isCleanup ? undefined : scope.signal,
        forceSignal: scope.context.forceSignal,
        timeoutMs: tap.timeoutMs ?? (isCleanup ? cleanupLimitMs : scope.limits.pluginMs),
        graceMs: isCleanup ? 0 : graceMs,
      },
    );
    end('ok');
    return value;
  } catch (caught) {
    end('failed');
    const error = toDockError(caught).within({ phase: hook, plugin, hook });
    if (!isLenient(hook, tap, error)) throw error;
    scope.warn({ message: error.message, hint: error.hint, code: error.code, plugin, hook });
    return undefined;
  }
}

/** A cancelled run stops, whoever is asked; the rest is a warning where the contract says so. */
function isLenient(hook: HookName, tap: Tap, error: DockError): boolean {
  if (hook === 'cleanup') return true;
  if (error.code === 'CANCELLED' || (error.code === 'TIMEOUT' && error.plugin === undefined)) return false;
  return tap.plugin.optional === true || (hook === 'push' && tap.stage >= announceStage);
}

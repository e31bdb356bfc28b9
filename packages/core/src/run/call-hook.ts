import type { HookName } from '../contracts/phases.js';
import type { PublishedImage } from '../contracts/image.js';
import { DockError } from '../errors/dock-error.js';
import { errorDocument, toDockError } from '../errors/error-document.js';
import { type GuardLimits, guardCall } from '../hooks/guard.js';
import type { TapCaller } from '../hooks/hook-set.js';
import { announceStage, isAttesting, type Tap } from '../hooks/tap.js';
import { type CleanupShare, cleanupLimitMs } from './cleanup-budget.js';
import { confirmReturn } from './confirm-return.js';
import { graceMs } from './limits.js';
import type { RunScope } from './run-scope.js';
import { tapContext } from './tap-context.js';

/**
 * Call a hook: every tap under the guard, with its own context, between `plugin.start` and `plugin.end`.
 * An optional plugin's failure, and any failure in `announce` or `cleanup`, becomes a warning and leaves the value as it was.
 *
 * @param extra What the phase adds to the taps' context, from the tap's plugin.
 */
export async function callHook(
  scope: RunScope,
  hook: HookName,
  args: readonly unknown[],
  extra: (plugin: string) => Readonly<Record<string, unknown>> = () => ({}),
): Promise<unknown> {
  const caller: TapCaller = async (_, tap, given) => callTap(scope, hook, tap, given, extra(tap.plugin.name));
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
  const began = performance.now();
  scope.emit({ type: 'plugin.start', plugin, hook, tap: tap.name });
  const end = (status: 'ok' | 'failed') => {
    const durationMs = Math.round(performance.now() - began);
    scope.emit({ type: 'plugin.end', plugin, hook, tap: tap.name, status, durationMs });
    scope.record.addTiming({ plugin, hook, tap: tap.name, status, durationMs });
  };
  const share = hook === 'cleanup' ? cleanupShare(scope, tap) : undefined;
  try {
    const value = await guardCall(
      async (signal) => {
        const value = await tap.fn(...args, tapContext(scope, hook, tap, signal, extra));
        const returned = await confirmReturn(scope, hook, tap, value, args[0]);
        // What is out is out, whatever a later tap does, and also when nobody waits for this one any longer.
        if (hook === 'push' && returned !== undefined) scope.record.addPublished(returned as readonly PublishedImage[]);
        return returned;
      },
      { plugin, hook, tap: tap.name },
      limitsOf(scope, tap, share),
    );
    end('ok');
    if (hook === 'push' && isAttesting(tap.stage))
      scope.record.addAttested(tap.name, args[0] as readonly PublishedImage[]);
    return value;
  } catch (caught) {
    end('failed');
    const error = toDockError(caught).within({ phase: hook });
    if (hook === 'push' && tap.stage < announceStage && error.details?.['stillRunning'] === true)
      scope.record.isPushUnfinished = true;
    if (!isLenient(scope, hook, tap)) throw error;
    const { cause } = errorDocument(error);
    scope.warn({
      message: error.message,
      hint: error.hint,
      code: error.code,
      plugin,
      hook,
      ...(cause === undefined ? {} : { cause }),
    });
    return undefined;
  } finally {
    share?.end();
  }
}

function limitsOf(scope: RunScope, tap: Tap, share: CleanupShare | undefined): GuardLimits {
  if (share === undefined) {
    const timeoutMs = tap.timeoutMs ?? scope.limits.pluginMs;
    return { signal: scope.signal, forceSignal: scope.context.forceSignal, timeoutMs, graceMs };
  }
  const own = tap.timeoutMs ?? 0;
  const timeoutMs = own < cleanupLimitMs ? own : 0;
  return { signal: share.signal, forceSignal: undefined, timeoutMs, graceMs: 0 };
}

/** The time that a cleanup tap has; the taps and undos that still wait share it. */
function cleanupShare(scope: RunScope, tap: Tap): CleanupShare | undefined {
  const { cleaning } = scope;
  if (cleaning === undefined) return undefined;
  const calls = cleaning.taps + scope.cleanup.size;
  cleaning.taps -= 1;
  const place = { plugin: tap.plugin.name, hook: 'cleanup' as const };
  return cleaning.budget.start(
    calls,
    (limitMs) =>
      new DockError(
        'PLUGIN_TIMEOUT',
        `Plugin "${place.plugin}" took longer than ${limitMs} ms in hook "cleanup" (tap "${tap.name}").`,
        place,
      ),
  );
}

/** A stopped run stops, whoever is asked; the rest is a warning where the contract says so. */
function isLenient(scope: RunScope, hook: HookName, tap: Tap): boolean {
  if (hook === 'cleanup') return true;
  if (scope.signal.aborted) return false;
  return tap.plugin.optional === true || (hook === 'push' && tap.stage >= announceStage);
}

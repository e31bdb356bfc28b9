import type { HookName } from '../contracts/phases.js';
import { DockError, isDockError } from '../errors/dock-error.js';

/** Limits under which a tap is called. */
export interface GuardLimits {
  /** The run's signal; `undefined` in cleanup, which runs after an abort too. */
  readonly signal: AbortSignal | undefined;
  /** Aborted when nobody wants to wait any longer (a second signal). */
  readonly forceSignal: AbortSignal | undefined;
  /** ms; 0 means none. */
  readonly timeoutMs: number;
  /** How long a tap whose signal is aborted may take to stop, ms. */
  readonly graceMs: number;
}

/** Who is called, for messages. */
export interface TapPlace {
  readonly plugin: string;
  readonly hook: HookName;
  readonly tap: string;
}

/** Node's timers overflow beyond this, ms; a longer limit is none. */
const longestTimer = 2 ** 31 - 1;

/** The reason of an abort as a DockError; a signal's name as reason becomes CANCELLED with its exit status. */
export function cancellation(reason: unknown): DockError {
  if (isDockError(reason)) return reason;
  if (reason === 'SIGTERM') return new DockError('CANCELLED', 'The run was cancelled by SIGTERM.', { exitStatus: 143 });
  if (reason === 'SIGINT') return new DockError('CANCELLED', 'The run was cancelled by SIGINT.', { exitStatus: 130 });
  return new DockError('CANCELLED', 'The run was cancelled.', reason === undefined ? {} : { cause: reason });
}

/** What a tap threw, as an error that names plugin and hook. */
export function tapError(error: unknown, place: TapPlace): DockError {
  if (isDockError(error)) return error.within({ plugin: place.plugin, hook: place.hook });
  const what = error instanceof Error ? error.message : `rejected with ${describeThrown(error)}`;
  return new DockError('PLUGIN_FAILED', `Plugin "${place.plugin}" failed in hook "${place.hook}": ${what}`, {
    plugin: place.plugin,
    hook: place.hook,
    ...(error === undefined ? {} : { cause: error }),
  });
}

function describeThrown(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  return typeof value === 'object' && value !== null ? 'an object that is no Error' : String(value);
}

/**
 * Call a tap so that it cannot break the run: whatever it does, this promise settles, at the latest at the deadline plus the grace time.
 * A sync throw, a thrown non-error and a hang all become a DockError that names plugin and hook.
 *
 * @throws PLUGIN_FAILED, PLUGIN_TIMEOUT, CANCELLED, or the DockError that the tap threw
 */
export async function guardCall(
  call: (signal: AbortSignal) => unknown,
  place: TapPlace,
  limits: GuardLimits,
): Promise<unknown> {
  if (limits.signal?.aborted === true) throw cancellation(limits.signal.reason).within(place);
  const own = new AbortController();
  const onAbort = () => own.abort(cancellation(limits.signal?.reason).within(place));
  limits.signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    limits.timeoutMs > 0 && limits.timeoutMs <= longestTimer
      ? setTimeout(() => {
          own.abort(
            new DockError(
              'PLUGIN_TIMEOUT',
              `Plugin "${place.plugin}" took longer than ${limits.timeoutMs} ms in hook "${place.hook}" (tap "${place.tap}").`,
              {
                plugin: place.plugin,
                hook: place.hook,
              },
            ),
          );
        }, limits.timeoutMs)
      : undefined;
  const given = gaveUp(own.signal, limits);
  try {
    const outcome = await Promise.race([settle(() => call(own.signal)), given.promise]);
    if (own.signal.aborted) throw stopped(own.signal.reason, outcome, place);
    if (outcome.status === 'rejected') throw tapError(outcome.reason, place);
    return outcome.status === 'fulfilled' ? outcome.value : undefined;
  } finally {
    given.cancel();
    if (timer !== undefined) clearTimeout(timer);
    limits.signal?.removeEventListener('abort', onAbort);
  }
}

type Outcome =
  | { readonly status: 'fulfilled'; readonly value: unknown }
  | { readonly status: 'rejected'; readonly reason: unknown }
  | { readonly status: 'running' };

async function settle(call: () => unknown): Promise<Outcome> {
  try {
    return { status: 'fulfilled', value: await call() };
  } catch (reason) {
    return { status: 'rejected', reason };
  }
}

/** Resolves once the tap's signal is aborted and its grace time is over, or nobody waits any longer. */
function gaveUp(signal: AbortSignal, limits: GuardLimits): { promise: Promise<Outcome>; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: () => void = () => undefined;
  const startGrace = () => {
    if (limits.forceSignal?.aborted === true) giveUp();
    else timer = setTimeout(giveUp, limits.graceMs);
  };
  const promise = new Promise<Outcome>((resolve) => {
    giveUp = () => resolve({ status: 'running' });
    signal.addEventListener('abort', startGrace, { once: true });
    limits.forceSignal?.addEventListener('abort', giveUp, { once: true });
  });
  return {
    promise,
    cancel() {
      if (timer !== undefined) clearTimeout(timer);
      signal.removeEventListener('abort', startGrace);
      limits.forceSignal?.removeEventListener('abort', giveUp);
    },
  };
}

/** The abort's error, naming a tap that is still running and carrying what the tap said meanwhile. */
function stopped(reason: unknown, outcome: Outcome, place: TapPlace): DockError {
  const error = isDockError(reason) ? reason : cancellation(reason);
  const stillRunning = outcome.status === 'running';
  const copy = new DockError(error.code, stillRunning ? `${error.message} The tap is still running.` : error.message, {
    hint: error.hint,
    retryable: error.retryable,
    exitStatus: error.exitStatus,
    plugin: place.plugin,
    hook: place.hook,
    details: { ...error.details, stillRunning },
    ...(error.phase === undefined ? {} : { phase: error.phase }),
  });
  if (outcome.status === 'rejected') {
    const own = tapError(outcome.reason, place);
    if (own.code !== error.code) copy.attached.push(own);
  }
  return copy;
}

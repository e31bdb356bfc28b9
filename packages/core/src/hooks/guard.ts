import { setMaxListeners } from 'node:events';
import type { HookName } from '../contracts/phases.js';
import { cancellation } from '../errors/cancellation.js';
import { DockError, isDockError } from '../errors/dock-error.js';
import { faultPlace } from '../errors/fault-error.js';
import { isDiskFull, thrownMessage } from '../errors/thrown-message.js';
import { setLimit } from '../time/set-limit.js';

/** Limits under which a tap is called. */
export interface GuardLimits {
  /** The run's signal; in cleanup, which runs after an abort too, its own or none. */
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

/** What a tap threw, as an error that names plugin and hook. */
export function tapError(error: unknown, place: TapPlace): DockError {
  const { plugin, hook } = place;
  if (isDockError(error)) return error.within({ plugin, hook });
  const thrown = typeof error === 'object' && error !== null;
  const what = thrown ? thrownMessage(error) : `rejected with ${describeThrown(error)}`;
  const options = {
    plugin,
    hook,
    ...(error === undefined ? {} : { cause: error }),
    ...(error instanceof TypeError && isOfFrozenValue.test(what) ? { hint: frozenHint } : {}),
  };
  if (isDiskFull(error))
    return new DockError('DISK_FULL', `A disk is full in plugin "${plugin}", hook "${hook}": ${what}`, options);
  const { stack, place: at } = faultPlace(error);
  return new DockError('PLUGIN_FAILED', `Plugin "${plugin}" failed in hook "${hook}": ${what}`, {
    ...options,
    ...(at === undefined
      ? {}
      : { hint: `It was thrown at "${at}". ${options.hint ?? 'It is a fault of the plugin.'} The log has the stack.` }),
    ...(stack.length === 0 ? {} : { details: { ...(at === undefined ? {} : { place: at }), stack } }),
  });
}

/** What V8 says of a change to a frozen value. */
const isOfFrozenValue =
  /object is not extensible|Cannot assign to read only property|Cannot delete property|Cannot redefine property/;
const frozenHint =
  'What a tap is given is frozen. Return a new value with the change: { ...spec, labels: { ...spec.labels, a: "b" } }.';

function describeThrown(value: unknown): string {
  return typeof value === 'string' ? `"${thrownMessage(value)}"` : thrownMessage(value);
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
  const { signal, forceSignal, timeoutMs } = limits;
  if (signal?.aborted === true) throw cutOff(cancellation(signal.reason), place);
  const own = new AbortController();
  // A plugin may do a hundred things at once under its signal: that is no leak.
  setMaxListeners(0, own.signal);
  const outcome = await new Promise<Outcome>((resolve) => {
    let grace: NodeJS.Timeout | undefined;
    const stop = (error: DockError) => {
      if (own.signal.aborted) return;
      own.abort(error);
      if (forceSignal?.aborted === true) end({ status: 'running' });
      else grace = setTimeout(() => end({ status: 'running' }), limits.graceMs);
    };
    const onAbort = () => stop(cancellation(signal?.reason));
    const onForce = () => {
      stop(new DockError('CANCELLED', 'Stopped waiting after a second signal.'));
      end({ status: 'running' });
    };
    const clearLimit = setLimit(timeoutMs, () => stop(overLimit(place, timeoutMs)));
    const end = (how: Outcome) => {
      clearLimit();
      clearTimeout(grace);
      signal?.removeEventListener('abort', onAbort);
      forceSignal?.removeEventListener('abort', onForce);
      resolve(how);
    };
    signal?.addEventListener('abort', onAbort);
    forceSignal?.addEventListener('abort', onForce);
    void settle(() => call(own.signal)).then(end);
  });
  if (own.signal.aborted) throw stopped(own.signal.reason, outcome, place);
  if (outcome.status === 'rejected') throw withoutFalseCancel(tapError(outcome.reason, place), place);
  return outcome.status === 'fulfilled' ? outcome.value : undefined;
}

function overLimit({ plugin, hook, tap }: TapPlace, timeoutMs: number): DockError {
  return new DockError(
    'PLUGIN_TIMEOUT',
    `Plugin "${plugin}" took longer than ${timeoutMs} ms in hook "${hook}" (tap "${tap}").`,
    { plugin, hook },
  );
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

/** Only the caller cancels a run: a plugin that cancelled a call of its own failed, and nobody pressed a key. */
function withoutFalseCancel(error: DockError, { plugin, hook }: TapPlace): DockError {
  if (error.code !== 'CANCELLED') return error;
  const message = `Plugin "${plugin}" failed in hook "${hook}": it cancelled something of its own (${error.message})`;
  return new DockError('PLUGIN_FAILED', message, { plugin, hook, cause: error });
}

/** The abort's error, naming the tap that it met: what nothing caught is not known to be that one's doing. */
function cutOff(error: DockError, { plugin, hook }: TapPlace): DockError {
  return error.code === 'INTERNAL' ? error : error.within({ plugin, hook });
}

/** The abort's error, naming a tap that is still running and carrying what the tap said meanwhile. */
function stopped(reason: unknown, outcome: Outcome, place: TapPlace): DockError {
  const error = cancellation(reason);
  const stillRunning = outcome.status === 'running';
  const { plugin, hook } = cutOff(new DockError(error.code, ''), place);
  const tap = plugin === undefined ? `A tap of plugin "${place.plugin}" in hook "${place.hook}"` : 'The tap';
  const own = outcome.status === 'rejected' && !isAbort(outcome.reason) ? [tapError(outcome.reason, place)] : [];
  return error.with({
    ...(stillRunning ? { message: `${error.message} ${tap} is still running.` } : {}),
    plugin,
    hook,
    details: { stillRunning },
    attached: own.filter(({ code }) => code !== error.code),
  });
}

/** What a tap rejects with that obeyed its signal: it did as it was told. */
function isAbort(reason: unknown): boolean {
  try {
    return (reason as { readonly name?: unknown } | null | undefined)?.name === 'AbortError';
  } catch {
    return false;
  }
}

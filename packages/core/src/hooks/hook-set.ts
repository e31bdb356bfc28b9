import type { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
import { type HookName, hookNames } from '../contracts/phases.js';
import type { DockHooks, DockPlugin, TapOptions } from '../contracts/plugin.js';
import { DockError, isDockError } from '../errors/dock-error.js';
import { thrownMessage } from '../errors/thrown-message.js';
import { checkedValue } from './checked-value.js';
import { plainCopy } from './plain-value.js';
import { callbackStyle, promiseStyle } from './tap-styles.js';
import { isAttesting, makeTap, orderTaps, type Tap, type TapFunction } from './tap.js';
import { unknownHook, watchHooks } from './unknown-hook.js';

/** Calls one tap: the run puts context, guard, events and leniency around it. `args` is the hook's own without the context. */
export type TapCaller = (hook: HookName, tap: Tap, args: readonly unknown[]) => Promise<unknown>;

/** The seven hooks of one run, with every plugin's taps in order. Real tapable hooks stay inside: a raw one can hang for ever. */
export interface HookSet {
  /** Call the taps of a hook. Bail hooks give the first value, waterfalls the last; `undefined` when no tap had one. */
  call(hook: HookName, args: readonly unknown[], caller: TapCaller): Promise<unknown>;
  /** How many taps a hook has. */
  count(hook: HookName): number;
  /** Names of the taps of `push` that attest. */
  readonly attesters: readonly string[];
  /** Names of the plugins that tap a hook. */
  pluginsOf(hook: HookName): readonly string[];
}

/**
 * Apply the plugins, in order, and close the hooks.
 *
 * @throws PLUGIN_INVALID for two plugins of one name, an unknown `before`, an unknown stage, or an `apply` that throws or taps later; what `apply` throws, when it is a DockError
 */
export async function createHookSet(plugins: readonly DockPlugin[], version: string): Promise<HookSet> {
  const taps = new Map<HookName, Tap[]>(hookNames.map((hook) => [hook, []]));
  let isOpen = true;
  const register = (
    hook: HookName,
    plugin: DockPlugin,
    name: string,
    fn: TapFunction,
    options?: TapOptions<string>,
  ) => {
    if (!isOpen)
      throw new DockError('PLUGIN_INVALID', `Plugin "${plugin.name}" taps hook "${hook}" after apply() returned.`, {
        plugin: plugin.name,
        hook,
        hint: 'Tap inside apply(dock).',
      });
    taps.get(hook)?.push(makeTap(hook, plugin, name, fn, options));
  };
  for (const plugin of plugins) applyPlugin(plugin, version, pluginHooks(plugin, register));
  isOpen = false;
  const ordered = new Map([...taps].map(([hook, list]) => [hook, orderTaps(hook, list)]));
  const { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } = await import('./tapable-hooks.js');
  const { valueSchemas } = await import('./value-schemas.js');

  const checked = (hook: HookName, tap: Tap, value: unknown): unknown =>
    value === undefined || hook === 'cleanup'
      ? undefined
      : checkedValue(valueSchemas[hook], value, { plugin: tap.plugin.name, hook, did: 'returned from' });

  type Call = [value: unknown, rest: readonly unknown[], caller: TapCaller];
  type RealHook = AsyncSeriesHook<Call> | AsyncSeriesBailHook<Call, unknown> | AsyncSeriesWaterfallHook<Call>;
  const makeHook = (hook: HookName): RealHook => {
    const names: ['value', 'rest', 'caller'] = ['value', 'rest', 'caller'];
    const real: RealHook = isWaterfall(hook)
      ? new AsyncSeriesWaterfallHook<Call>(names)
      : hook === 'cleanup'
        ? new AsyncSeriesHook<Call>(names)
        : new AsyncSeriesBailHook<Call, unknown>(names);
    for (const tap of ordered.get(hook) ?? []) {
      const checkedTap: Tap = { ...tap, fn: async (...inner) => checked(hook, tap, await tap.fn(...inner)) };
      // tapable takes an array of names; its types know only one.
      const before = tap.before.length === 0 ? {} : { before: tap.before as never };
      const options = { name: tap.name, stage: tap.stage, ...before };
      real.tapPromise(
        options,
        async (current, rest, caller) => (await caller(hook, checkedTap, [current, ...rest])) as undefined,
      );
    }
    return real;
  };
  // tapable compiles a hook when it is first called: once is enough.
  const made = new Map<HookName, RealHook>();

  return {
    count: (hook) => ordered.get(hook)?.length ?? 0,
    attesters: (ordered.get('push') ?? []).filter(({ stage }) => isAttesting(stage)).map(({ name }) => name),
    pluginsOf: (hook) => (ordered.get(hook) ?? []).map(({ plugin }) => plugin.name),
    async call(hook, args, caller) {
      const [value, ...rest] = frozenCopy(hook, args);
      if ((ordered.get(hook) ?? []).length === 0) return isWaterfall(hook) ? value : undefined;
      const real = made.get(hook) ?? makeHook(hook);
      made.set(hook, real);
      return real.promise(value, rest, caller);
    },
  };
}

/** What the taps get: a copy, so that none can change the caller's value in place. */
function frozenCopy(hook: HookName, args: readonly unknown[]): readonly unknown[] {
  return args.map((value) =>
    value === undefined ? undefined : plainCopy(value, `What hook "${hook}" is called with`),
  );
}

function isWaterfall(hook: HookName): boolean {
  return hook === 'prebuild' || hook === 'prepublish' || hook === 'postbuild' || hook === 'push';
}

function applyPlugin(plugin: DockPlugin, version: string, known: DockHooks): void {
  const { hooks, unknown } = watchHooks(known);
  try {
    const returned: unknown = plugin.apply(Object.freeze({ version, hooks }));
    if (typeof (returned as PromiseLike<unknown> | undefined | null)?.then === 'function') {
      // It is refused anyway; its own failure must not end the process as an unhandled rejection.
      Promise.resolve(returned).catch(() => undefined);
      throw new TypeError('apply() is asynchronous; do the work inside a tap');
    }
  } catch (error) {
    if (isDockError(error)) throw error.within({ plugin: plugin.name });
    const missing = unknown();
    if (missing !== undefined && error instanceof TypeError) throw unknownHook(plugin, missing, error);
    const message = `Plugin "${plugin.name}" could not be applied: ${thrownMessage(error)}`;
    throw new DockError('PLUGIN_INVALID', message, { plugin: plugin.name, cause: error });
  }
}

function pluginHooks(
  plugin: DockPlugin,
  register: (hook: HookName, plugin: DockPlugin, name: string, fn: TapFunction, options?: TapOptions<string>) => void,
): DockHooks {
  const hookFor = (hook: HookName) =>
    Object.freeze({
      tap: (name: string, fn: TapFunction, options?: TapOptions<string>) => register(hook, plugin, name, fn, options),
      tapPromise: (name: string, fn: TapFunction, options?: TapOptions<string>) =>
        register(hook, plugin, name, typeof fn === 'function' ? promiseStyle(fn) : fn, options),
      tapAsync: (name: string, fn: TapFunction, options?: TapOptions<string>) =>
        register(hook, plugin, name, typeof fn === 'function' ? callbackStyle(fn) : fn, options),
    });
  return Object.freeze(Object.fromEntries(hookNames.map((hook) => [hook, hookFor(hook)]))) as unknown as DockHooks;
}

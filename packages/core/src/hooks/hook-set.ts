import { type HookName, hookNames } from '../contracts/phases.js';
import type { Dock, DockHooks, DockPlugin, TapOptions } from '../contracts/plugin.js';
import { validate } from '../config/validate.js';
import { DockError } from '../errors/dock-error.js';
import { plainCopy } from './plain-value.js';
import { callbackStyle, promiseStyle } from './tap-styles.js';
import { makeTap, orderTaps, type Tap, type TapFunction } from './tap.js';

/** Calls one tap: the run puts context, guard, events and leniency around it. `args` is the hook's own without the context. */
export type TapCaller = (hook: HookName, tap: Tap, args: readonly unknown[]) => Promise<unknown>;

/** The seven hooks of one run, with every plugin's taps in order. Real tapable hooks stay inside: a raw one can hang for ever. */
export interface HookSet {
  /** Call the taps of a hook. Bail hooks give the first value, waterfalls the last; `undefined` when no tap had one. */
  call(hook: HookName, args: readonly unknown[], caller: TapCaller): Promise<unknown>;
  /** How many taps a hook has. */
  count(hook: HookName): number;
}

/**
 * Apply the plugins, in order, and close the hooks.
 *
 * @throws PLUGIN_INVALID for two plugins of one name, an unknown `before`, an unknown stage, or an `apply` that throws or taps later
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
  for (const plugin of plugins) applyPlugin(plugin, { version, hooks: pluginHooks(plugin, register) });
  isOpen = false;
  const ordered = new Map([...taps].map(([hook, list]) => [hook, orderTaps(hook, list)]));
  const { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } = await import('tapable');
  const { valueSchemas } = await import('./value-schemas.js');

  const checked = (hook: HookName, tap: Tap, value: unknown): unknown => {
    if (value === undefined || hook === 'cleanup') return undefined;
    const subject = `What plugin "${tap.plugin.name}" returned from hook "${hook}"`;
    try {
      return plainCopy(validate(valueSchemas[hook], plainCopy(value, subject), 'the value'), subject);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new DockError('PLUGIN_FAILED', `${subject} is not a value of this hook: ${why}`, {
        plugin: tap.plugin.name,
        hook,
        cause: error,
      });
    }
  };

  return {
    count: (hook) => ordered.get(hook)?.length ?? 0,
    async call(hook, args, caller) {
      const list = ordered.get(hook) ?? [];
      if (list.length === 0) return isWaterfall(hook) ? args[0] : undefined;
      const [value, ...rest] = args;
      const real = isWaterfall(hook)
        ? new AsyncSeriesWaterfallHook<[unknown, readonly unknown[]]>(['value', 'rest'])
        : hook === 'cleanup'
          ? new AsyncSeriesHook<[unknown, readonly unknown[]]>(['value', 'rest'])
          : new AsyncSeriesBailHook<[unknown, readonly unknown[]], unknown>(['value', 'rest']);
      for (const tap of list) {
        const checkedTap: Tap = { ...tap, fn: async (...inner) => checked(hook, tap, await tap.fn(...inner)) };
        // tapable takes an array of names; its types know only one.
        const options = {
          name: tap.name,
          stage: tap.stage,
          ...(tap.before.length === 0 ? {} : { before: tap.before as never }),
        };
        real.tapPromise(
          options,
          async (current, others) => (await caller(hook, checkedTap, [current, ...others])) as undefined,
        );
      }
      return real.promise(value, rest);
    },
  };
}

function isWaterfall(hook: HookName): boolean {
  return hook === 'prebuild' || hook === 'prepublish' || hook === 'postbuild' || hook === 'push';
}

function applyPlugin(plugin: DockPlugin, dock: Dock): void {
  try {
    const returned: unknown = plugin.apply(Object.freeze(dock));
    if (typeof (returned as PromiseLike<unknown> | undefined)?.then === 'function')
      throw new TypeError('apply() is asynchronous; do the work inside a tap');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new DockError('PLUGIN_INVALID', `Plugin "${plugin.name}" could not be applied: ${message}`, {
      plugin: plugin.name,
      cause: error,
    });
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

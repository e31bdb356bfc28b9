import type { Dock, DockHooks, DockPlugin } from '@dock/core';

/** Hooks that have a meaning for an image that is already built. */
const kept: ReadonlySet<string> = new Set(['push', 'cleanup']);

/** Takes taps and does nothing with them. */
const ignored = Object.freeze({ tap: () => undefined, tapPromise: () => undefined, tapAsync: () => undefined });

/**
 * The plugins of a config for publishing what is already built: one that publishes is whole, with its look at the registries beforehand; of any other the taps of
 * `push` and `cleanup` count, so that it signs, attests and announces, and neither edits nor tests.
 */
export function pushTapsOf(plugins: readonly DockPlugin[]): readonly DockPlugin[] {
  return plugins.map((plugin) => (plugin?.publishes === true ? plugin : withPushTaps(plugin)));
}

/** What is no plugin is told by the run, as ever. */
function withPushTaps(plugin: DockPlugin): DockPlugin {
  if (typeof plugin?.apply !== 'function') return plugin;
  return { ...plugin, apply: (dock) => plugin.apply(narrowed(dock)) };
}

function narrowed(dock: Dock): Dock {
  // Not on the hooks themselves: they are frozen, and a proxy of a frozen object shows it as it is.
  const hooks = new Proxy(
    {},
    {
      get(_, name) {
        const hook: unknown = Reflect.get(dock.hooks, name);
        // A name that is none has no hook, which its plugin hears of.
        return hook === undefined || kept.has(String(name)) ? hook : ignored;
      },
    },
  );
  return Object.freeze({ ...dock, hooks: hooks as DockHooks });
}

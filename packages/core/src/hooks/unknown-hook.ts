import { nearestWord } from '../config/nearest-word.js';
import { hookNames } from '../contracts/phases.js';
import type { DockHooks, DockPlugin } from '../contracts/plugin.js';
import { DockError } from '../errors/dock-error.js';

/** The hooks that a plugin gets, and the last name that it looked for among them in vain. */
export interface WatchedHooks {
  readonly hooks: DockHooks;
  readonly unknown: () => string | undefined;
}

/** Notes which hook a plugin looks for that is not there. Looking is allowed: a plugin may ask whether this dock has a hook. */
export function watchHooks(hooks: DockHooks): WatchedHooks {
  let unknown: string | undefined;
  const watched = new Proxy(hooks, {
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target)) unknown = key;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { hooks: watched, unknown: () => unknown };
}

/** A plugin that tapped a hook that is not there, and failed with what JavaScript says then. */
export function unknownHook({ name }: DockPlugin, hook: string, cause: unknown): DockError {
  const near = nearestWord(hook, hookNames);
  const suggestion = near === undefined ? '' : `Did you mean "hooks.${near}"? `;
  return new DockError('PLUGIN_INVALID', `Plugin "${name}" taps the hook "${hook}", which dock does not have.`, {
    plugin: name,
    cause,
    hint: `${suggestion}The hooks are ${hookNames.join(', ')}.`,
    details: { hook },
  });
}

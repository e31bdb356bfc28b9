import type { HookName } from '../contracts/phases.js';
import type { DockPlugin, TapOptions } from '../contracts/plugin.js';
import { nearestWord } from '../config/nearest-word.js';
import { DockError } from '../errors/dock-error.js';

/** A tap's function with every style (sync, promise, callback) folded into one: it may throw, but only inside the guard. */
export type TapFunction = (...args: readonly unknown[]) => unknown;

/** One tap as it was registered. */
export interface Tap {
  readonly plugin: DockPlugin;
  readonly name: string;
  readonly fn: TapFunction;
  readonly stage: number;
  readonly before: readonly string[];
  readonly timeoutMs: number | undefined;
}

/** Stages that have a name. */
export const namedStages: Readonly<Partial<Record<HookName, Readonly<Record<string, number>>>>> = {
  prebuild: { resolve: 0, edit: 100, preflight: 1000 },
  push: { transfer: 0, attest: 100, promote: 200, announce: 300 },
};

/** Whether a tap of `push` attests what is out: before names are promoted. */
export function isAttesting(stage: number): boolean {
  return stage >= 100 && stage < 200;
}

/** The stage from which a failing tap of `push` is only a warning: the image is out. */
export const announceStage = 300;

/** A tap from what the plugin passed. @throws PLUGIN_INVALID when the arguments make no sense. */
export function makeTap(
  hook: HookName,
  plugin: DockPlugin,
  name: unknown,
  fn: unknown,
  options: TapOptions<string> | undefined,
): Tap {
  const place = `plugin "${plugin.name}", hook "${hook}"`;
  if (typeof name !== 'string' || name === '')
    throw new DockError('PLUGIN_INVALID', `In ${place}: a tap needs a name.`, { plugin: plugin.name, hook });
  if (typeof fn !== 'function')
    throw new DockError('PLUGIN_INVALID', `In ${place}: the tap "${name}" is not a function.`, {
      plugin: plugin.name,
      hook,
    });
  checkTapKeys(place, plugin, hook, name, options);
  const timeoutMs = options?.timeoutMs;
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    throw new DockError('PLUGIN_INVALID', `In ${place}: the tap "${name}" has timeoutMs "${String(timeoutMs)}".`, {
      plugin: plugin.name,
      hook,
      hint: 'Give a positive number of milliseconds, or Infinity for none.',
    });
  }
  const before =
    options?.before === undefined ? [] : typeof options.before === 'string' ? [options.before] : options.before;
  return {
    plugin,
    name,
    fn: fn as TapFunction,
    stage: stageNumber(hook, plugin, name, options?.stage),
    before,
    timeoutMs,
  };
}

const tapKeys: readonly (keyof TapOptions<string>)[] = ['stage', 'before', 'timeoutMs'];

/** @throws PLUGIN_INVALID for a key that would be passed over: types do not hold a plugin in JavaScript */
function checkTapKeys(
  place: string,
  plugin: DockPlugin,
  hook: HookName,
  name: string,
  options: object | undefined,
): void {
  const unknown = Object.keys(options ?? {}).find((key) => !(tapKeys as readonly string[]).includes(key));
  if (unknown === undefined) return;
  const near = nearestWord(unknown, tapKeys);
  throw new DockError('PLUGIN_INVALID', `In ${place}: the tap "${name}" has the unknown option "${unknown}".`, {
    plugin: plugin.name,
    hook,
    hint: `${near === undefined ? '' : `Did you mean "${near}"? `}A tap takes ${tapKeys.join(', ')}.`,
  });
}

function stageNumber(hook: HookName, plugin: DockPlugin, name: string, stage: number | string | undefined): number {
  if (stage === undefined) return 0;
  if (typeof stage === 'number' && Number.isFinite(stage)) return stage;
  const stages = namedStages[hook] ?? {};
  const number = typeof stage === 'string' && Object.hasOwn(stages, stage) ? stages[stage] : undefined;
  if (number !== undefined) return number;
  const known = Object.keys(stages);
  const message = `In plugin "${plugin.name}", hook "${hook}": the tap "${name}" has an unknown stage "${String(stage)}".`;
  throw new DockError('PLUGIN_INVALID', message, {
    plugin: plugin.name,
    hook,
    hint: known.length === 0 ? 'This hook has numbered stages only.' : `Use a number or one of: ${known.join(', ')}.`,
  });
}

/**
 * Taps in the order in which they can be registered with tapable: as given, but a tap with `before` waits for the taps it names.
 *
 * @throws PLUGIN_INVALID for an unknown or circular `before` (tapable would silently put the tap first), and for two taps of one name.
 */
export function orderTaps(hook: HookName, taps: readonly Tap[]): Tap[] {
  const names = new Set<string>();
  for (const tap of taps) {
    if (names.has(tap.name))
      throw new DockError('PLUGIN_INVALID', `Two taps of hook "${hook}" are named "${tap.name}".`, {
        plugin: tap.plugin.name,
        hook,
        hint: 'Give each tap its own name; a second use of a plugin takes the option "name".',
      });
    names.add(tap.name);
  }
  const ordered: Tap[] = [];
  const done = new Set<string>();
  let waiting = [...taps];
  for (const tap of taps) {
    const unknown = tap.before.find((name) => !names.has(name));
    if (unknown !== undefined)
      throw new DockError(
        'PLUGIN_INVALID',
        `The tap "${tap.name}" of hook "${hook}" wants to run before "${unknown}", which does not exist.`,
        { plugin: tap.plugin.name, hook, hint: `Taps of this hook: ${[...names].join(', ')}.` },
      );
  }
  while (waiting.length > 0) {
    const ready = waiting.filter((tap) => tap.before.every((name) => done.has(name)));
    const first = ready[0];
    if (first === undefined)
      throw new DockError(
        'PLUGIN_INVALID',
        `Taps of hook "${hook}" wait for each other: ${waiting.map((tap) => tap.name).join(', ')}.`,
        { hook, hint: 'Remove one "before".' },
      );
    ordered.push(first);
    done.add(first.name);
    waiting = waiting.filter((tap) => tap !== first);
  }
  return ordered;
}

import type { DockPlugin } from '../contracts/plugin.js';
import { nearestWord } from '../config/nearest-word.js';
import { DockError } from '../errors/dock-error.js';

/**
 * Whether the listed things are plugins, each name once, and what they need is there. Recognised by structure: two copies of core can be loaded.
 *
 * @param hasCommand Whether a program is on the PATH.
 * @throws PLUGIN_INVALID, COMMAND_NOT_FOUND
 */
export async function checkPlugins(
  plugins: readonly unknown[],
  version: string,
  hasCommand: (command: string) => Promise<boolean>,
): Promise<readonly DockPlugin[]> {
  const seen = new Set<string>();
  for (const [index, plugin] of plugins.entries()) {
    if (!isPlugin(plugin)) {
      throw new DockError('PLUGIN_INVALID', `"plugins[${index}]" is ${describe(plugin)}, not a plugin.`, {
        hint: pluginHint(plugin),
      });
    }
    if (seen.has(plugin.name))
      throw new DockError('PLUGIN_INVALID', `Two plugins are named "${plugin.name}".`, {
        plugin: plugin.name,
        hint: `Give the second one its own name: ${plugin.name}({ name: '…' }).`,
      });
    seen.add(plugin.name);
    checkKeys(plugin);
    await checkRequirements(plugin, version, hasCommand);
  }
  return plugins as readonly DockPlugin[];
}

/** What was most likely meant. */
function pluginHint(value: unknown): string {
  if (typeof value === 'function') return `Call the factory: ${nameOf(value)}(), not ${nameOf(value)}.`;
  if (typeof value === 'string') {
    const last = value.split('/').at(-1) ?? '';
    const factory = last
      .replace(/^(?:dock-)?plugin-/, '')
      .replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase());
    const name = /^[A-Za-z_]\w*$/.test(factory) ? factory : 'plugin';
    return `Plugins are imported, not named: write import { ${name} } from '${value}', and list ${name}().`;
  }
  const { name, default: inner } = (value ?? {}) as { readonly name?: unknown; readonly default?: unknown };
  if (inner !== undefined)
    return 'That is a whole module: list its default export, or what the factory that it exports returns.';
  if (typeof name === 'string') return `It has a name, "${name}", and no function apply(dock), which taps the hooks.`;
  return 'A plugin is { name, apply(dock) }.';
}

function nameOf(factory: object): string {
  const { name } = factory as { readonly name?: unknown };
  return typeof name === 'string' && name !== '' ? name : 'plugin';
}

function isPlugin(value: unknown): value is DockPlugin {
  const plugin = value as Partial<DockPlugin> | null | undefined;
  return (
    typeof plugin === 'object' &&
    plugin !== null &&
    typeof plugin.name === 'string' &&
    plugin.name !== '' &&
    typeof plugin.apply === 'function'
  );
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'function') return 'a function';
  return typeof (value as { then?: unknown }).then === 'function'
    ? 'a promise'
    : `of type ${Array.isArray(value) ? 'array' : typeof value}`;
}

const pluginKeys: readonly (keyof DockPlugin)[] = ['name', 'optional', 'requires', 'apply'];

/** A plugin may have keys of its own, as `options`; one that a single slip makes of dock's is a mistake that would be passed over. */
function checkKeys(plugin: DockPlugin): void {
  const missing = pluginKeys.filter((key) => !(key in plugin));
  for (const key of Object.keys(plugin)) {
    const near = (pluginKeys as readonly string[]).includes(key) ? undefined : nearestWord(key, missing, 1);
    if (near === undefined) continue;
    throw new DockError('PLUGIN_INVALID', `Plugin "${plugin.name}" has the key "${key}", which dock does not know.`, {
      plugin: plugin.name,
      hint: `Did you mean "${near}"?`,
    });
  }
}

async function checkRequirements(
  plugin: DockPlugin,
  version: string,
  hasCommand: (command: string) => Promise<boolean>,
): Promise<void> {
  const { dock: range, commands = [], image = 'engine' } = plugin.requires ?? {};
  const isPlace = image === 'engine' || image === 'registry';
  if ((range !== undefined && typeof range !== 'string') || !isTextList(commands) || !isPlace) {
    throw new DockError('PLUGIN_INVALID', `The "requires" of plugin "${plugin.name}" is malformed.`, {
      plugin: plugin.name,
      hint: 'It is { commands: ["git"], dock: ">=1.2", image: "engine" }.',
    });
  }
  if (range !== undefined && !(await isRange(range))) {
    throw new DockError(
      'PLUGIN_INVALID',
      `Plugin "${plugin.name}" needs dock "${range}", which is no range of versions.`,
      {
        plugin: plugin.name,
        hint: 'Write a range, such as ">=1.2" or "^1.0.0".',
      },
    );
  }
  if (range !== undefined && !(await satisfies(version, range))) {
    throw new DockError('PLUGIN_INVALID', `Plugin "${plugin.name}" needs dock "${range}"; this is ${version}.`, {
      plugin: plugin.name,
      hint: 'Install a version of the plugin that fits, or another dock.',
    });
  }
  for (const command of commands) {
    if (!(await hasCommand(command)))
      throw new DockError(
        'COMMAND_NOT_FOUND',
        `Plugin "${plugin.name}" needs the program "${command}", which is not ${command.includes('/') ? 'there, or cannot be executed' : 'on the PATH'}.`,
        { plugin: plugin.name },
      );
  }
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

async function isRange(range: string): Promise<boolean> {
  const { default: semver } = await import('semver');
  return semver.validRange(range) !== null;
}

async function satisfies(version: string, range: string): Promise<boolean> {
  const { default: semver } = await import('semver');
  return semver.satisfies(version, range, { includePrerelease: true });
}

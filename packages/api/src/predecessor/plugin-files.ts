import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DockError, type DockPlugin, nearestWord } from '@dock/core';

/** Options by plugin name, as the predecessor took them per phase. */
export type PluginsConfig = Readonly<Record<string, unknown>>;

type Factory = (options: never) => DockPlugin;

const standard: Readonly<Record<string, () => Promise<Factory>>> = {
  'pull-base': async () => (await import('@dock/plugin-pull-base')).pullBase,
  tag: async () => (await import('@dock/plugin-tag')).tag,
  inspect: async () => (await import('@dock/plugin-inspect')).inspect,
  test: async () => (await import('@dock/plugin-test')).test,
  push: async () => (await import('@dock/plugin-push')).push,
};

/**
 * Plugins by name, from files and from the standard set. A file's default export is a plugin, or a factory that is called with the options given under the
 * file's base name; any other name is one of the standard plugins.
 *
 * @param configs Options by name; the same name in two of them is an error.
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, CONFIG_INVALID
 */
export async function loadPlugins(
  files: readonly string[],
  configs: readonly PluginsConfig[],
  cwd: string,
): Promise<readonly DockPlugin[]> {
  const options = mergeConfigs(configs);
  const fromFiles = new Map<string, unknown>();
  for (const file of files) {
    const name = basename(file, extname(file));
    if (fromFiles.has(name)) {
      throw new DockError('PLUGIN_INVALID', `Two plugin files have the name "${name}", the second is "${file}".`, {
        hint: 'Rename one: options are found under the base name.',
      });
    }
    fromFiles.set(name, await importDefault(resolve(cwd, file)));
  }
  const names = [...new Set([...fromFiles.keys(), ...options.keys()])];
  return Promise.all(
    names.map(async (name) => {
      const exported = fromFiles.has(name) ? fromFiles.get(name) : await standardFactory(name, [...fromFiles.keys()]);
      if (typeof exported === 'function')
        return (exported as (options: unknown) => DockPlugin)(options.get(name) ?? {});
      if (options.has(name)) {
        throw new DockError(
          'PLUGIN_INVALID',
          `The plugin file of "${name}" exports a plugin, which takes no options.`,
          {
            hint: 'Export a factory of the plugin, or give no options.',
          },
        );
      }
      return exported as DockPlugin;
    }),
  );
}

function mergeConfigs(configs: readonly PluginsConfig[]): Map<string, unknown> {
  const merged = new Map<string, unknown>();
  for (const [name, options] of configs.flatMap((config) => Object.entries(config))) {
    if (merged.has(name))
      throw new DockError('PLUGIN_INVALID', `Plugin "${name}" is configured for two phases.`, {
        hint: 'A plugin knows its own phases: give its options once.',
      });
    merged.set(name, options);
  }
  return merged;
}

async function importDefault(file: string): Promise<unknown> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(file).href)) as typeof loaded;
  } catch (error) {
    throw new DockError(
      'PLUGIN_NOT_FOUND',
      `The plugin file "${file}" cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error, hint: 'Name an ES module that exists.' },
    );
  }
  if (loaded.default !== undefined) return loaded.default;
  throw new DockError('PLUGIN_INVALID', `The plugin file "${file}" has no default export.`, {
    hint: 'Export a plugin, or a factory of one, by default.',
  });
}

async function standardFactory(name: string, files: readonly string[]): Promise<Factory> {
  const load = Object.hasOwn(standard, name) ? standard[name] : undefined;
  if (load !== undefined) return load();
  const near = nearestWord(name, [...Object.keys(standard), ...files]);
  throw new DockError('PLUGIN_NOT_FOUND', `There is no plugin "${name}".`, {
    hint: near === undefined ? 'Name its file in "pluginFiles".' : `Did you mean "${near}"?`,
  });
}

import { dirname, resolve } from 'node:path';
import { cacheDirectory, type Surroundings } from '@dock/api';
import { type DockConfig, parseConfig } from '@dock/core';
import { configFailure } from './config-failure.js';
import { findConfig } from './find-config.js';
import { loadModule, type ModuleExports } from './load-module.js';
import { refuseMetaConfig } from './refuse-meta-config.js';

/** A config that was found, loaded and checked. */
export interface LoadedConfig {
  /** Absolute. */
  readonly file: string;
  readonly config: DockConfig;
}

/** Which config is meant. */
export interface ConfigChoice {
  /** `--config`. */
  readonly config?: string | undefined;
  /** `--no-config`. */
  readonly 'no-config'?: boolean | undefined;
}

/**
 * Find, load and check the config. Only the directory that the user started in is looked at; a config that is there and cannot be loaded is an
 * error, never "defaults used".
 *
 * @throws CONFIG_ERROR, CONFIG_INVALID, PLUGIN_NOT_FOUND
 */
export async function loadConfig(choice: ConfigChoice, surroundings: Surroundings): Promise<LoadedConfig | undefined> {
  if (choice['no-config'] === true) return undefined;
  const file = findConfig(surroundings.cwd, choice.config);
  if (file === undefined) return undefined;
  refuseMetaConfig(process.cwd());
  const load = (path: string) => loadModule(path, cacheDirectory(surroundings));
  try {
    const exports = await loadByCosmiconfig(file, load);
    const context = { directory: dirname(file), env: surroundings.env };
    const config = await parseConfig(await defaultExport(exports), file, context);
    return { file, config };
  } catch (error) {
    throw await configFailure(error, file);
  }
}

/** `load` only, with our own loader: `search` takes a config that throws ENOENT for no config. */
async function loadByCosmiconfig(
  file: string,
  load: (path: string) => Promise<ModuleExports>,
): Promise<ModuleExports | undefined> {
  const { cosmiconfig } = await import('cosmiconfig');
  const extensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
  const explorer = cosmiconfig('dock', {
    cache: false,
    searchPlaces: [],
    loaders: Object.fromEntries(extensions.map((extension) => [extension, load])),
  });
  const found = await explorer.load(resolve(file));
  return found?.config as ModuleExports | undefined;
}

/** The default export, awaited: a config may be a promise. */
async function defaultExport(exports: ModuleExports | undefined): Promise<unknown> {
  return await exports?.['default'];
}

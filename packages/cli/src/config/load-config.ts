import { dirname } from 'node:path';
import { cacheDirectory, type Surroundings } from '@dock/api';
import { type DockConfig, parseConfig } from '@dock/core';
import { configFailure } from './config-failure.js';
import { findConfig } from './find-config.js';
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
  try {
    const { loadByCosmiconfig } = await import('./load-by-cosmiconfig.js');
    const exported = await loadByCosmiconfig(file, cacheDirectory(surroundings));
    const context = { directory: dirname(file), env: surroundings.env };
    return { file, config: await parseConfig(exported, file, context) };
  } catch (error) {
    throw await configFailure(error, file);
  }
}

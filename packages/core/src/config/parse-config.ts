import { DockError, isDockError } from '../errors/dock-error.js';
import type { ConfigContext, DockConfig } from './define-config.js';
import { validate } from './validate.js';

/**
 * What a config file exported, called if it is a function, and checked. Unknown keys are refused with the nearest known one.
 *
 * @param file For messages.
 * @throws CONFIG_ERROR when the function throws or nothing is exported; CONFIG_INVALID for a key or value
 */
export async function parseConfig(exported: unknown, file: string, context: ConfigContext): Promise<DockConfig> {
  const value =
    typeof exported === 'function'
      ? await callConfig(exported as (context: ConfigContext) => unknown, file, context)
      : await exported;
  if (value === undefined || value === null) {
    throw new DockError('CONFIG_ERROR', `The config "${file}" exports nothing.`, {
      hint: 'End it with "export default defineConfig({ … })".',
    });
  }
  const { configSchema } = await import('./config-schema.js');
  return validate(configSchema, value, `the config "${file}"`) as DockConfig;
}

async function callConfig(
  config: (context: ConfigContext) => unknown,
  file: string,
  context: ConfigContext,
): Promise<unknown> {
  try {
    return await config(context);
  } catch (error) {
    if (isDockError(error)) throw error;
    throw new DockError(
      'CONFIG_ERROR',
      `The function that "${file}" exports failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

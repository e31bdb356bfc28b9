import { DockError, isDockError } from '../errors/dock-error.js';
import { thrownMessage } from '../errors/thrown-message.js';
import type { ConfigContext, DockConfig } from './define-config.js';
import { validate } from './validate.js';

/**
 * What a config file exported, called if it is a function, awaited, and checked. Unknown keys are refused with the nearest known one.
 *
 * @param file For messages.
 * @throws CONFIG_ERROR when it throws or rejects, or nothing is exported; CONFIG_INVALID for a key or value
 */
export async function parseConfig(exported: unknown, file: string, context: ConfigContext): Promise<DockConfig> {
  const value = await valueOf(exported, file, context);
  if (value === undefined || value === null) {
    const what =
      typeof exported === 'function' ? `The function that "${file}" exports returns` : `The config "${file}" exports`;
    throw new DockError('CONFIG_ERROR', `${what} nothing.`, {
      hint: 'End it with "export default defineConfig({ … })".',
    });
  }
  const { configSchema, configShape } = await import('./config-schema.js');
  return validate(configSchema, value, `the config "${file}"`, { shapeOf: configShape }) as DockConfig;
}

async function valueOf(exported: unknown, file: string, context: ConfigContext): Promise<unknown> {
  const isFunction = typeof exported === 'function';
  try {
    return await (isFunction ? (exported as (context: ConfigContext) => unknown)(context) : exported);
  } catch (error) {
    if (isDockError(error)) throw error;
    const subject = `The ${isFunction ? 'function' : 'promise'} that "${file}" exports`;
    throw new DockError('CONFIG_ERROR', `${subject} failed: ${thrownMessage(error)}`, { cause: error });
  }
}

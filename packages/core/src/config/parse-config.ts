import { DockError, isDockError } from '../errors/dock-error.js';
import { thrownMessage } from '../errors/thrown-message.js';
import { setLimit } from '../hooks/set-limit.js';
import type { ConfigContext, DockConfig } from './define-config.js';
import { validate } from './validate.js';

/** How long a config may take to give its value, ms. */
const configLimitMs = 60_000;

/**
 * What a config file exported, called if it is a function, awaited, and checked. Unknown keys are refused with the nearest known one.
 *
 * @param file For messages.
 * @param limitMs How long a function or promise may take. @default 60000
 * @throws CONFIG_ERROR when it throws, rejects or takes too long, or nothing is exported; CONFIG_INVALID for a key or value
 */
export async function parseConfig(
  exported: unknown,
  file: string,
  context: ConfigContext,
  limitMs: number = configLimitMs,
): Promise<DockConfig> {
  const value = await valueOf(exported, file, context, limitMs);
  if (value === undefined || value === null) {
    const what =
      typeof exported === 'function' ? `The function that "${file}" exports returns` : `The config "${file}" exports`;
    throw new DockError('CONFIG_ERROR', `${what} nothing.`, {
      hint: 'End it with "export default defineConfig({ … })".',
    });
  }
  const { configSchema } = await import('./config-schema.js');
  return validate(configSchema, value, `the config "${file}"`) as DockConfig;
}

async function valueOf(exported: unknown, file: string, context: ConfigContext, limitMs: number): Promise<unknown> {
  const isFunction = typeof exported === 'function';
  const subject = `The ${isFunction ? 'function' : 'promise'} that "${file}" exports`;
  let clearLimit: () => void = () => undefined;
  const overTime = new Promise<never>((_, reject) => {
    clearLimit = setLimit(limitMs, () =>
      reject(
        new DockError('CONFIG_ERROR', `${subject} gave no config within ${limitMs} ms.`, {
          hint: 'It waits for something that does not come; a config is free of side effects.',
        }),
      ),
    );
  });
  const call = async () => (isFunction ? (exported as (context: ConfigContext) => unknown)(context) : exported);
  try {
    return await Promise.race([call(), overTime]);
  } catch (error) {
    if (isDockError(error)) throw error;
    throw new DockError('CONFIG_ERROR', `${subject} failed: ${thrownMessage(error)}`, { cause: error });
  } finally {
    clearLimit();
  }
}

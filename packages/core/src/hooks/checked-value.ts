import { type StandardSchema, validate } from '../config/validate.js';
import type { HookName } from '../contracts/phases.js';
import { DockError } from '../errors/dock-error.js';
import { thrownMessage } from '../errors/thrown-message.js';
import { plainCopy } from './plain-value.js';

/**
 * A deep-frozen copy of what a plugin handed over, if it is what the hook takes: nothing the plugin does to its own object later changes it.
 *
 * @param did What the plugin did, for the message: `returned from`.
 * @throws PLUGIN_FAILED
 */
export function checkedValue(
  schema: StandardSchema<unknown>,
  value: unknown,
  { plugin, hook, did }: { readonly plugin: string; readonly hook: HookName; readonly did: string },
): unknown {
  const subject = `What plugin "${plugin}" ${did} hook "${hook}"`;
  try {
    return plainCopy(validate(schema, plainCopy(value, subject), 'the value'), subject);
  } catch (error) {
    const message = `${subject} is not a value of this hook: ${thrownMessage(error)}`;
    throw new DockError('PLUGIN_FAILED', message, { plugin, hook, cause: error });
  }
}

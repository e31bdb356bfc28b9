import { validate } from '../config/validate.js';
import type { RequestOptions } from '../contracts/request-options.js';
import { optionSchemas, optionShape } from './option-schemas.js';

/**
 * Check the options of a request, wherever they come from.
 *
 * @throws INVALID_OPTION
 */
export async function checkOptions(request: RequestOptions): Promise<void> {
  const z = await import('../schema.js');
  // The rest of a request has its own checks.
  const schema = z.looseObject(optionSchemas(z));
  validate(schema, request, 'the options of the build', { code: 'INVALID_OPTION', shapeOf: optionShape });
}

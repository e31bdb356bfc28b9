import { validate } from '../config/validate.js';
import type { RequestOptions } from '../contracts/request-options.js';
import { optionSchemas, optionShape } from './option-schemas.js';

/**
 * A request with its options checked and in the form that builders take: each platform as `os/arch[/variant]`, each host as `host:address`.
 *
 * @throws INVALID_OPTION
 */
export async function checkedOptions<Request extends RequestOptions>(request: Request): Promise<Request> {
  const z = await import('../schema.js');
  // The rest of a request has its own checks.
  const schema = z.looseObject(optionSchemas(z));
  return validate(schema, request, 'the options of the build', {
    code: 'INVALID_OPTION',
    shapeOf: optionShape,
  }) as Request;
}

import { validate } from '../config/validate.js';
import { DockError } from '../errors/dock-error.js';
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
  const checked = validate(schema, request, 'the options of the build', {
    code: 'INVALID_OPTION',
    shapeOf: optionShape,
  }) as Request;
  refuseBoth(checked);
  return checked;
}

function refuseBoth({ noCache, noCacheFilter = [] }: RequestOptions): void {
  if (noCache !== true || noCacheFilter.length === 0) return;
  throw new DockError(
    'INVALID_OPTION',
    'The options "noCache" and "noCacheFilter" exclude each other: one is for every stage, the other for some.',
    { hint: 'Leave one of them out.', details: { options: ['noCache', 'noCacheFilter'] } },
  );
}

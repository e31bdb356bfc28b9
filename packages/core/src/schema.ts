/**
 * The schema builders of zod that dock's own packages use, as `@dock/core/schema`. One copy is loaded for all of them, and only these parts of it: the whole of zod
 * takes three times as long to load.
 */
export {
  array,
  boolean,
  custom,
  discriminatedUnion,
  enum,
  lazy,
  literal,
  looseObject,
  number,
  object,
  record,
  strictObject,
  string,
  union,
  unknown,
} from 'zod';
export type { input, output, ZodType } from 'zod';

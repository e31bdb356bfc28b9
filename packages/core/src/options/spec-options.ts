import type { RequestOptions } from '../contracts/request-options.js';
import { optionTable } from './option-table.js';

type Table = typeof optionTable;
type Key = keyof Table;
type Always = { [K in Key]: Table[K]['spec'] extends { readonly otherwise: unknown } ? K : never }[Key];
type WhenAsked = { [K in Key]: Table[K]['spec'] extends 'asked' ? K : never }[Key];

/** The options of a request that a builder takes, with those defaults that are the same for every builder. */
export interface SpecOptions extends Required<Pick<RequestOptions, Always>>, Pick<RequestOptions, WhenAsked> {}

/** The part of a request that goes into the spec. */
export function specOptions(request: RequestOptions): SpecOptions {
  const entries = Object.entries(optionTable).flatMap(([key, { spec }]) => {
    const asked = request[key as Key] ?? (typeof spec === 'object' ? spec.otherwise : undefined);
    return spec === 'no' || asked === undefined ? [] : [[key, asked]];
  });
  return Object.fromEntries(entries) as SpecOptions;
}

import type { RequestOptions } from '../contracts/request-options.js';
import type * as schema from '../schema.js';
import type { KeyRow, SchemaBuilders } from './option-row.js';
import { optionTable } from './option-table.js';

/** The schema of each row, by key; none has to be there. */
export function rowSchemas<Key extends string>(
  z: SchemaBuilders,
  rows: Readonly<Record<Key, Pick<KeyRow<unknown>, 'schema'>>>,
): Readonly<Record<Key, schema.ZodType>> {
  const schemas: Partial<Record<Key, schema.ZodType>> = {};
  for (const key in rows) schemas[key] = rows[key].schema(z).optional();
  return schemas as Record<Key, schema.ZodType>;
}

/** The schemas of the options of a request, none of which has to be there. */
export function optionSchemas(z: SchemaBuilders): Readonly<Record<keyof RequestOptions, schema.ZodType>> {
  return rowSchemas(z, optionTable);
}

/** The schemas of the options in a spec. */
export function specSchemas(z: SchemaBuilders): Readonly<Record<string, schema.ZodType>> {
  const rows = Object.entries(optionTable).filter(([, { spec }]) => spec !== 'no');
  return Object.fromEntries(
    rows.map(([key, row]) => [key, row.spec === 'asked' ? row.schema(z).optional() : row.schema(z)]),
  );
}

/** The right form of an option as code, for the hint beside a wrong one. */
export function optionShape(key: PropertyKey): string | undefined {
  return Object.hasOwn(optionTable, key) ? optionTable[key as keyof RequestOptions].shape : undefined;
}

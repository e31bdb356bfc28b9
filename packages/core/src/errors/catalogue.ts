import { authenticationErrors } from './catalogue/authentication-errors.js';
import { buildErrors } from './catalogue/build-errors.js';
import { cancelErrors } from './catalogue/cancel-errors.js';
import { environmentErrors } from './catalogue/environment-errors.js';
import { inputErrors } from './catalogue/input-errors.js';
import { internalErrors } from './catalogue/internal-errors.js';
import { pluginErrors } from './catalogue/plugin-errors.js';
import { timeoutErrors } from './catalogue/timeout-errors.js';
import type { CatalogueRow } from './catalogue/catalogue-row.js';

export type { CatalogueRow };

/** Every code that dock can report. `docs/reference/errors.md` is held to this array by a test. */
export const errorCatalogue = [
  ...buildErrors,
  ...inputErrors,
  ...environmentErrors,
  ...authenticationErrors,
  ...pluginErrors,
  ...internalErrors,
  ...timeoutErrors,
  ...cancelErrors,
] as const satisfies readonly CatalogueRow[];

/** A code of {@link errorCatalogue}. */
export type ErrorCode = (typeof errorCatalogue)[number]['code'];

const rows: ReadonlyMap<string, CatalogueRow> = new Map(errorCatalogue.map((row) => [row.code, row]));

/** The catalogue row of a code. */
export function catalogueRow(code: ErrorCode): CatalogueRow {
  const row = rows.get(code);
  if (row === undefined) throw new TypeError(`unknown error code "${code}"`);
  return row;
}

/** Whether a string is a code of the catalogue. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && rows.has(code);
}

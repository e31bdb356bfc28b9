import type { ErrorCode } from '../errors/catalogue.js';
import { DockError } from '../errors/dock-error.js';
import { formatKeyPath } from './key-path.js';
import { nearestWord } from './nearest-word.js';
import { readThrough } from './read-through.js';
import { issueWords, type SchemaIssue, typeWords } from './issue-words.js';
import { isTextMap, knownKeys, knownValues } from './schema-shape.js';

/** The part of Standard Schema (standardschema.dev, v1) that dock uses; zod, valibot and others implement it. */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

interface StandardIssue extends SchemaIssue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly keys?: unknown;
  /** Of a union: the issues of each of its options. */
  readonly errors?: unknown;
}

function pathOf(issue: StandardIssue): PropertyKey[] {
  return (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
}

/** A union's issue says nothing by itself: the issues of the option that the value was meant for say it. */
function unfold(issue: StandardIssue): readonly StandardIssue[] {
  if (issue.code !== 'invalid_union' || !Array.isArray(issue.errors) || issue.errors.length === 0) return [issue];
  const options = issue.errors as readonly (readonly StandardIssue[])[];
  const isOther = (each: StandardIssue) => each.code === 'invalid_type' && (each.path ?? []).length === 0;
  const meant = options.find((issues) => issues.length > 0 && !issues.some(isOther));
  const path = issue.path ?? [];
  if (meant !== undefined) return meant.flatMap((each) => unfold({ ...each, path: [...path, ...(each.path ?? [])] }));
  const expected = [...new Set(options.flatMap((issues) => issues.map((each) => typeWords(String(each.expected)))))];
  const message = options[0]?.[0]?.message ?? '';
  return [{ code: 'invalid_type', expected: expected.join(' or '), message, path }];
}

function describeIssue(
  issue: StandardIssue,
  schema: unknown,
  shapeOf: NonNullable<ValidateOptions['shapeOf']>,
): { message: string; hint?: string } {
  const path = pathOf(issue);
  const shape = path[0] === undefined ? undefined : shapeOf(path[0]);
  if (isUnknownKey(issue)) {
    const key = String((issue.keys as readonly unknown[])[0]);
    const candidates = knownKeys(schema, path);
    const near = nearestWord(key, candidates);
    const hint = near === undefined ? `Known keys: ${candidates.join(', ')}.` : `Did you mean "${near}"?`;
    return { message: `unknown key "${formatKeyPath([...path, key])}"`, ...(candidates.length === 0 ? {} : { hint }) };
  }
  const where = formatKeyPath(path);
  const values = issue.code === 'invalid_union' ? knownValues(schema, path) : [];
  const hint = shape === undefined ? {} : { hint: `Write ${shape}.` };
  return { message: issueWords(where === '' ? 'it' : `"${where}"`, issue, values), ...hint };
}

function isUnknownKey(issue: StandardIssue): boolean {
  return issue.code === 'unrecognized_keys' && Array.isArray(issue.keys) && issue.keys.length > 0;
}

/** How a value is checked. */
export interface ValidateOptions {
  /** Code of what is thrown. @default CONFIG_INVALID */
  readonly code?: ErrorCode;
  /** The right form of a key of the value, as code, for the hint beside a wrong one. */
  readonly shapeOf?: (key: PropertyKey) => string | undefined;
}

/**
 * Check a value against a schema.
 *
 * @param subject What the value is, for the message: `the options of plugin "push"`.
 * @throws CONFIG_INVALID, or the code that is asked for, with the key's path, what was expected and the nearest known key; `details.issues` lists all.
 *   CONFIG_ERROR for a member that cannot be read
 */
export function validate<Output>(
  schema: StandardSchema<Output>,
  value: unknown,
  subject: string,
  options: ValidateOptions = {},
): Output {
  const { code = 'CONFIG_INVALID', shapeOf = () => undefined } = options;
  readThrough(value, subject, (path) => isTextMap(schema, path));
  const result = schema['~standard'].validate(value);
  if (typeof (result as PromiseLike<unknown>).then === 'function') {
    (result as Promise<unknown>).catch(() => undefined);
    throw new DockError('INTERNAL', `The schema of ${subject} is asynchronous.`);
  }
  const settled = result as StandardResult<Output>;
  if (settled.issues === undefined) return settled.value;
  // A mistyped key is the cause of the missing one beside it.
  const unfolded = settled.issues.flatMap(unfold).toSorted((a, b) => Number(isUnknownKey(b)) - Number(isUnknownKey(a)));
  const issues = unfolded.map((issue) => describeIssue(issue, schema, shapeOf));
  const first = issues[0] ?? { message: 'does not fit' };
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new DockError(code, `In ${subject}: ${first.message}${more}.`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { issues: issues.map((issue) => issue.message) },
  });
}

/**
 * Check the options that a plugin's factory was called with. Call it in the factory, so that mistakes show when the config loads.
 *
 * @throws CONFIG_INVALID
 */
export function parsePluginOptions<Output>(schema: StandardSchema<Output>, options: unknown, plugin: string): Output {
  return validate(schema, options ?? {}, `the options of plugin "${plugin}"`);
}

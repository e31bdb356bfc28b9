import { DockError } from '../errors/dock-error.js';
import { nearestWord } from './nearest-word.js';

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

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** zod's extras. */
  readonly code?: unknown;
  readonly keys?: unknown;
}

/** `targetRegistries[0].url` from the parts of a path. */
function formatKeyPath(parts: readonly PropertyKey[]): string {
  return parts
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function pathOf(issue: StandardIssue): PropertyKey[] {
  return (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
}

/** The keys that a zod object schema knows at a path; empty where it cannot be told. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const part of path) at = step(unwrap(at), part);
  const shape = shapeOf(unwrap(at));
  return shape === undefined ? [] : Object.keys(shape);
}

function unwrap(schema: unknown): unknown {
  let at = schema as { def?: { innerType?: unknown } } | undefined;
  while (at?.def?.innerType !== undefined) at = at.def.innerType as typeof at;
  return at;
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  return (schema as { shape?: Record<string, unknown> } | undefined)?.shape;
}

function step(schema: unknown, part: PropertyKey): unknown {
  const shape = shapeOf(schema);
  if (shape !== undefined) return shape[String(part)];
  return (schema as { element?: unknown } | undefined)?.element;
}

function describeIssue(issue: StandardIssue, schema: unknown): { message: string; hint?: string } {
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys' && Array.isArray(issue.keys) && typeof issue.keys[0] === 'string') {
    const key = issue.keys[0];
    const candidates = knownKeys(schema, path);
    const near = nearestWord(key, candidates);
    const hint = near === undefined ? `Known keys: ${candidates.join(', ')}.` : `Did you mean "${near}"?`;
    return { message: `unknown key "${formatKeyPath([...path, key])}"`, ...(candidates.length === 0 ? {} : { hint }) };
  }
  const where = formatKeyPath(path);
  return { message: where === '' ? issue.message : `"${where}": ${issue.message}` };
}

/**
 * Check a value against a schema.
 *
 * @param subject What the value is, for the message: `the options of plugin "push"`.
 * @throws CONFIG_INVALID with the key's path, what was expected and the nearest known key; `details.issues` lists all.
 */
export function validate<Output>(schema: StandardSchema<Output>, value: unknown, subject: string): Output {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) throw new DockError('INTERNAL', `the schema of ${subject} is asynchronous`);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => describeIssue(issue, schema));
  const first = issues[0] ?? { message: 'does not fit' };
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new DockError('CONFIG_INVALID', `In ${subject}: ${first.message}${more}.`, {
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

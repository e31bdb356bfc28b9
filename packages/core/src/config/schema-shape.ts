/** The parts of a zod schema that tell which keys it knows. */
interface SchemaLike {
  readonly def?: {
    readonly type?: unknown;
    readonly innerType?: unknown;
    readonly options?: readonly unknown[];
    readonly values?: unknown;
  };
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
}

/** The keys that a zod object schema knows at a path; empty where it cannot be told. */
export function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  return [...new Set(schemasAt(schema, path).flatMap((at) => Object.keys(at.shape ?? {})))];
}

/** The values that a discriminated union knows for the key at the end of a path: `git` and `path` for `source.kind`. */
export function knownValues(schema: unknown, path: readonly PropertyKey[]): string[] {
  return schemasAt(schema, path).flatMap((at) => (Array.isArray(at.def?.values) ? at.def.values.map(String) : []));
}

/** Whether a path holds names with texts, so that any name may stand there. */
export function isTextMap(schema: unknown, path: readonly PropertyKey[]): boolean {
  return schemasAt(schema, path).some((at) => at.def?.type === 'custom');
}

function schemasAt(schema: unknown, path: readonly PropertyKey[]): SchemaLike[] {
  let at = alternatives(schema);
  for (const part of path)
    at = at.flatMap((each) => alternatives(each.shape === undefined ? each.element : each.shape[String(part)]));
  return at;
}

/** A schema without its wrappers (optional, default); a union as its options. */
function alternatives(schema: unknown): SchemaLike[] {
  const at = schema as SchemaLike | undefined;
  if (at === undefined) return [];
  if (at.def?.innerType !== undefined) return alternatives(at.def.innerType);
  if (at.def?.options !== undefined) return at.def.options.flatMap(alternatives);
  return [at];
}

import type { RequestOptions } from '../contracts/request-options.js';
import type * as schema from '../schema.js';

/** The schema builders, given to whoever describes a value: loading them costs time that `--help` does not have. */
export type SchemaBuilders = typeof schema;

/** A value with `undefined` where it may leave a member out, as a schema reads it. */
type Loose<Value> = Value extends readonly unknown[] ? Value : { [Key in keyof Value]: Value[Key] | undefined };

/** What is written of one key that people can set: everything else follows from it. */
export interface KeyRow<Value> {
  /** What it means, whole sentences: the comment of the key, its row in the reference, and the help of a flag without a text of its own. */
  readonly sentence: string;
  /** The right form as code, for the hint beside a wrong one: `shmSize: 64 * 2 ** 20`. */
  readonly shape: string;
  schema(z: SchemaBuilders): schema.ZodType<Value | Loose<Value>>;
}

/** A key of a request, and how it comes into the spec: not at all, only when it is asked for, or always. */
export interface OptionRow<Value> extends KeyRow<Value> {
  readonly spec: 'no' | 'asked' | { readonly otherwise: Value };
}

/** One row for each key, which the compiler sees to. */
export type OptionTable = { readonly [Key in keyof RequestOptions]-?: OptionRow<NonNullable<RequestOptions[Key]>> };

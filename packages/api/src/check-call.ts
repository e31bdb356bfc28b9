import { type optionSchemas, optionShape, type SchemaBuilders, validate } from '@dock/core';

/** The schema of each key of a call. */
export type CallSchemas<Key extends string = string> = Readonly<
  Record<Key, ReturnType<typeof optionSchemas>['labels']>
>;

type Kind = 'text' | 'texts' | 'number' | 'boolean' | 'object' | 'list' | 'anything' | 'function';

/** The kinds of keys that calls have beside the options of a build; none has to be there. */
export function callKinds(z: SchemaBuilders): CallSchemas<Kind> {
  return {
    text: z.string().min(1).optional(),
    texts: z.array(z.string()).optional(),
    number: z.number().optional(),
    boolean: z.boolean().optional(),
    object: z.looseObject({}).optional(),
    list: z.array(z.unknown()).optional(),
    anything: z.unknown().optional(),
    function: z.custom((value) => typeof value === 'function', 'expected a function').optional(),
  };
}

/**
 * Check the argument of a call: a wrong type or an unknown key is the caller's mistake and is thrown, not put into a result.
 *
 * @param subject What the argument is, for the message: `the call of buildImageHere`.
 * @throws CONFIG_INVALID
 */
export function checkCall(z: SchemaBuilders, value: unknown, schemas: CallSchemas, subject: string): void {
  validate(z.strictObject(schemas), value, subject, { shapeOf: optionShape });
}

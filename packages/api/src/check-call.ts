import { DockError, nearestWord } from '@dock/core';

/** What a field of a call may be. */
type FieldKind = 'string' | 'number' | 'boolean' | 'function' | 'object' | 'strings' | 'array' | 'record' | 'any';

/** The fields of a call: its keys and their kinds; `!` marks what must be there. */
export type Fields = Readonly<Record<string, FieldKind | `${FieldKind}!`>>;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown) => typeof value === 'string';

const checks: Readonly<Record<FieldKind, { readonly is: (value: unknown) => boolean; readonly words: string }>> = {
  string: { is: (value) => isString(value) && value !== '', words: 'a string that is not empty' },
  number: { is: (value) => typeof value === 'number' && Number.isFinite(value), words: 'a number' },
  boolean: { is: (value) => typeof value === 'boolean', words: 'true or false' },
  function: { is: (value) => typeof value === 'function', words: 'a function' },
  object: { is: isObject, words: 'an object' },
  strings: { is: (value) => Array.isArray(value) && value.every(isString), words: 'an array of strings' },
  array: { is: Array.isArray, words: 'an array' },
  record: { is: (value) => isObject(value) && Object.values(value).every(isString), words: 'an object of strings' },
  any: { is: () => true, words: 'anything' },
};

/**
 * Check the argument of a call: a wrong type or an unknown key is the caller's mistake and is thrown, not put into a result.
 *
 * @param subject What the argument is, for the message: `buildImageHere`.
 * @throws CONFIG_INVALID
 */
export function checkCall(value: unknown, fields: Fields, subject: string): void {
  if (!isObject(value)) {
    throw new DockError(
      'CONFIG_INVALID',
      `${subject} takes an object, not ${value === null ? 'null' : typeof value}.`,
      {
        hint: `Its keys: ${Object.keys(fields).join(', ')}.`,
      },
    );
  }
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(fields, key)) continue;
    const near = nearestWord(key, Object.keys(fields));
    throw new DockError('CONFIG_INVALID', `${subject} does not know the key "${key}".`, {
      hint: near === undefined ? `Known keys: ${Object.keys(fields).join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
  for (const [key, kind] of Object.entries(fields)) {
    const field = value[key];
    if (field === undefined && !kind.endsWith('!')) continue;
    const { is, words } = checks[kind.replace('!', '') as FieldKind];
    if (!is(field)) {
      throw new DockError('CONFIG_INVALID', `${subject}: "${key}" must be ${words}.`, {
        hint: `It is ${field === undefined ? 'missing' : `of type ${Array.isArray(field) ? 'array' : typeof field}`}.`,
      });
    }
  }
}

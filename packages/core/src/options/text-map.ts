import type * as schema from '../schema.js';
import type { SchemaBuilders } from './option-row.js';

/**
 * The schema of names with texts. Every name is one, also those that objects have themselves (`constructor`, `__proto__`); zod's own record loses the latter.
 */
export function textMap(z: SchemaBuilders): schema.ZodType<Readonly<Record<string, string>>> {
  return z.custom<Readonly<Record<string, string>>>().check((given) => {
    const { value, issues } = given;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      issues.push({ code: 'invalid_type', expected: 'record', input: value });
      return;
    }
    for (const [key, text] of Object.entries(value) as [string, unknown][])
      if (typeof text !== 'string') issues.push({ code: 'invalid_type', expected: 'string', input: text, path: [key] });
  });
}

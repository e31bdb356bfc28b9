import type * as schema from '../schema.js';
import { contextName, readNamedContext } from './named-context.js';
import type { SchemaBuilders } from './option-row.js';
import { textMap } from './text-map.js';

/** The schema of contexts by name; the names come out in the form in which builders compare them. */
export function contextMap(z: SchemaBuilders): schema.ZodType<Readonly<Record<string, string>>> {
  return textMap(z)
    .check(({ value, issues }) => {
      for (const [name, text] of Object.entries(value)) {
        const context = contextName(name) === undefined ? undefined : readNamedContext(text);
        const fault =
          context === undefined
            ? `"${name}" is no name of a context`
            : 'fault' in context
              ? `the context "${name}" ("${text}") ${context.fault}`
              : undefined;
        if (fault !== undefined) issues.push({ code: 'custom', message: fault, input: text, path: [name] });
      }
    })
    .overwrite((contexts) =>
      Object.fromEntries(Object.entries(contexts).map(([name, text]) => [contextName(name) ?? name, text])),
    );
}

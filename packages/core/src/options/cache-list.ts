import type * as schema from '../schema.js';
import { type CacheUse, cacheEntries, formatCache, readCaches } from './cache-entry.js';
import type { SchemaBuilders } from './option-row.js';

/** The schema of caches; each comes out in one form. */
export function cacheList(use: CacheUse): (z: SchemaBuilders) => schema.ZodType<readonly string[]> {
  return (z) =>
    z
      .array(
        z.string().check(({ value, issues }) => {
          const read = readCaches(value, use);
          if ('fault' in read)
            issues.push({
              code: 'custom',
              message: `the cache "${withoutSecrets(value)}" ${read.fault}`,
              input: value,
            });
        }),
      )
      .overwrite((entries) => cacheEntries(entries, use).map(formatCache));
}

/** An entry as a message may show it. */
function withoutSecrets(entry: string): string {
  return entry.replace(/((?:token|key|key_id)=)[^,"]*/gi, '$1…');
}

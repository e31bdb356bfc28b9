import { csvFields } from './csv-fields.js';

/**
 * One entry of `cacheFrom` as docker and buildx take it: an image, or several with commas, or `type=registry,ref=IMAGE`, each as the image alone. An entry of
 * another type, or with more attributes, stays as it is; undefined when it is none.
 */
export function cacheSources(text: string): readonly string[] | undefined {
  const fields = csvFields(text);
  if (fields === undefined || fields.includes('')) return undefined;
  if (!fields.some((field) => field.includes('='))) return fields;
  const pairs = fields.map((field): [string, string] => {
    const at = field.indexOf('=');
    return [field.slice(0, Math.max(at, 0)).trim().toLowerCase(), field.slice(at + 1)];
  });
  if (pairs.some(([key]) => key === '')) return undefined;
  const { type, ref, ...more } = Object.fromEntries(pairs) as { type?: string; ref?: string };
  if (type === undefined || type === '') return undefined;
  if (type !== 'registry') return [text];
  if (ref === undefined || ref === '') return undefined;
  return Object.keys(more).length === 0 ? [ref] : [text];
}

/** Whether an entry is more than the name of an image. */
export function isTypedCache(entry: string): boolean {
  return /^type=|,type=/i.test(entry);
}

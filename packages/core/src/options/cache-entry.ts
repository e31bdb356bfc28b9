import { nearestWord } from '../config/nearest-word.js';
import { csvFields } from './csv-fields.js';

/** A cache outside of the builder, with its attributes as BuildKit has them. */
export interface CacheEntry {
  /** `registry`, `local`, `inline`, `gha`, `s3`, `azblob`. */
  readonly type: string;
  /** By lower-case name: `ref`, `mode`, … */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Whether a build reads from a cache or writes to it. */
export type CacheUse = 'from' | 'to';

/** Attributes of every cache that is written (moby/buildkit, `cache/remotecache` and `util/compression`). */
const ofExports = ['mode', 'compression', 'compression-level', 'force-compression', 'ignore-error'];
const ofManifests = ['oci-mediatypes', 'image-manifest'];
const ofBuckets = ['name', 'prefix', 'blobs_prefix', 'manifests_prefix', 'secret_access_key'];

/** Attributes of each type; where a name is close to one of these and none of them, it is a slip. */
const knownAttributes: Readonly<Record<string, readonly string[]>> = {
  registry: ['ref', 'registry.insecure', ...ofManifests],
  local: ['src', 'dest', 'tag', 'digest', 'reset', ...ofManifests],
  inline: [],
  gha: ['scope', 'url', 'url_v2', 'token', 'version', 'timeout', 'repository', 'ghtoken'],
  s3: [
    ...['region', 'bucket', 'endpoint_url', 'use_path_style', 'access_key_id', 'session_token'],
    ...['upload_parallelism', 'touch_refresh', ...ofBuckets],
  ],
  azblob: ['account_url', 'account_name', 'container', ...ofBuckets],
};

/** Attributes without which a cache is nowhere. */
const needed: Readonly<Record<CacheUse, Readonly<Record<string, readonly string[]>>>> = {
  from: { registry: ['ref'], local: ['src'] },
  to: { registry: ['ref'], local: ['dest'] },
};

/** Attributes that hold a secret. */
const secretAttributes = ['token', 'ghtoken', 'access_key_id', 'secret_access_key', 'session_token'];

const booleans = [
  'force-compression',
  'ignore-error',
  'oci-mediatypes',
  'image-manifest',
  'registry.insecure',
  'reset',
];

/** As Go's `strconv.ParseBool` reads it; undefined for what it does not read. */
export function goBoolean(text: string): boolean | undefined {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  return ['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text) ? false : undefined;
}

/**
 * The caches that one entry of `cacheFrom` or `cacheTo` names, as docker and buildx read it (docker/buildx, `util/buildflags`): an image or several with commas,
 * or `type=registry,ref=IMAGE` with more attributes.
 *
 * @returns what is wrong with it, for an entry that is none
 */
export function readCaches(text: string, use: CacheUse): readonly CacheEntry[] | { readonly fault: string } {
  const fields = csvFields(text);
  if (fields === undefined) return { fault: 'has a quote out of place' };
  if (fields.includes('')) return { fault: 'names no cache' };
  if (!text.includes('=')) return fields.map((ref) => ({ type: 'registry', attributes: { ref } }));
  const attributes = new Map<string, string>();
  for (const field of fields) {
    const at = field.indexOf('=');
    const key = field.slice(0, Math.max(at, 0)).trim().toLowerCase();
    if (key === '') return { fault: `has the field "${field}", which is no key=value` };
    attributes.set(key, field.slice(at + 1));
  }
  const type = attributes.get('type') ?? '';
  attributes.delete('type');
  const fault = faultOf(type, attributes, use);
  return fault === undefined ? [{ type, attributes: Object.fromEntries(attributes) }] : { fault };
}

function faultOf(type: string, attributes: ReadonlyMap<string, string>, use: CacheUse): string | undefined {
  if (type === '') return 'has no type';
  const known = Object.hasOwn(knownAttributes, type) ? knownAttributes[type] : undefined;
  if (known === undefined) return `has the type "${type}", which is none of ${Object.keys(knownAttributes).join(', ')}`;
  if (type === 'inline' && use === 'from') return 'is inside an image: write type=registry,ref=IMAGE';
  const missing = needed[use][type]?.find((key) => (attributes.get(key) ?? '') === '');
  if (missing !== undefined) return `has no ${missing}`;
  const names = [...known, ...ofExports];
  for (const [key, value] of attributes) {
    const near = names.includes(key) ? undefined : nearestWord(key, names);
    if (near !== undefined) return `has the attribute "${key}"; did you mean "${near}"?`;
    if (key === 'mode' && value !== 'min' && value !== 'max') return 'has a mode that is neither min nor max';
    if (booleans.includes(key) && goBoolean(value) === undefined) return `has "${key}" that is neither true nor false`;
  }
  return undefined;
}

/** A cache as one entry of an option: the image alone for one in a registry, else its fields with the type first. */
export function formatCache({ type, attributes }: CacheEntry): string {
  const entries = Object.entries(attributes);
  const { ref } = attributes;
  if (type === 'registry' && ref !== undefined && entries.length === 1 && !/[="]/.test(ref)) return ref;
  return [`type=${type}`, ...entries.map(([name, value]) => `${name}=${value}`)]
    .map((field) => (/[",\r\n]/.test(field) || field !== field.trim() ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}

/** The caches of an option whose schema has checked it. */
export function cacheEntries(entries: readonly string[] = [], use: CacheUse): readonly CacheEntry[] {
  return entries.flatMap((entry) => {
    const read = readCaches(entry, use);
    return 'fault' in read ? [] : read;
  });
}

/** The entries with the directories of local caches made absolute; what is no entry stays as it is. */
export function withCachePaths(
  entries: readonly string[],
  use: CacheUse,
  resolve: (path: string) => string,
): readonly string[] {
  const place = use === 'from' ? 'src' : 'dest';
  return entries.flatMap((entry) => {
    const read = readCaches(entry, use);
    if ('fault' in read) return [entry];
    return read.map(({ type, attributes }) => {
      const path = type === 'local' ? attributes[place] : undefined;
      return formatCache({
        type,
        attributes: path === undefined ? attributes : { ...attributes, [place]: resolve(path) },
      });
    });
  });
}

/** The secrets that stand in the entries themselves. */
export function cacheSecrets(entries: readonly CacheEntry[]): readonly string[] {
  return entries.flatMap(({ attributes }) =>
    secretAttributes.flatMap((key) => (Object.hasOwn(attributes, key) ? (attributes[key] ?? []) : [])),
  );
}

import { type BuildSpec, DockError, type EngineEvent, isDigest } from '@dock/core';
import { type CacheEntry, cacheEntries, cacheSecrets, goBoolean, warningEvent } from '@dock/core/internal';
import { BlobDirectory } from '../content/blob-directory.js';
import type { ServedContent } from '../content/content-service.js';
import { IndexFault, readIndex, taggedManifest } from '../content/oci-index.js';
import { missingEnvironment, withCacheEnvironment } from './cache-environment.js';
import { keepLocalCaches } from './local-cache.js';

/** Caches on their way to a builder. */
export interface PreparedCaches {
  readonly imports: readonly CacheEntry[];
  /** Fewer after {@link goOnWithout}. */
  readonly exports: readonly CacheEntry[];
  /** Directories of local caches, by the name under which the builder asks for them. */
  readonly stores: ReadonlyMap<string, ServedContent>;
  /**
   * A builder refuses a build over a cache that it cannot set up, whatever `ignore-error` says.
   *
   * @param failure What it said
   * @returns whether such a cache is left out now, so that the build can be asked for again
   */
  goOnWithout(failure: string): boolean;
  /** Take note of what the build wrote. @throws BUILD_FAILED for a cache with `ignore-error=false` */
  keep(response: Readonly<Record<string, string>>): Promise<void>;
}

/** What preparing caches needs. */
export interface CacheScope {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly addSecret: ((secret: string) => void) | undefined;
  readonly onEvent: (event: EngineEvent) => void;
}

/** A build argument by which users ask for cache information in the image. */
const inlineCacheArg = 'BUILDKIT_INLINE_CACHE';

/** What a builder says of a cache that it cannot set up (moby/buildkit, `cache/remotecache`). */
const refusedSetup = /failed to configure (\w+) cache exporter: (.*)$/s;

/** How a builder's session names the directory of a local cache (moby/buildkit, `cache/remotecache/local`). */
const storeName = (directory: string): string => `local:${directory}`;

/**
 * Make the caches of a spec ready: with what the environment says of them, and the directories of local ones as content that the session serves. A cache that
 * is not there is a note, and one that cannot be read a warning: neither loses the build.
 */
export async function prepareCaches(spec: BuildSpec, scope: CacheScope): Promise<PreparedCaches> {
  const imports = cacheEntries(spec.cacheFrom, 'from').map((entry) => withCacheEnvironment(entry, scope.env));
  const exports = [...cacheEntries(spec.cacheTo, 'to'), ...inlineOf(spec)].map((entry) =>
    withCacheEnvironment(forgiving(entry), scope.env),
  );
  for (const secret of cacheSecrets([...imports, ...exports])) scope.addSecret?.(secret);
  const stores = new Map<string, ServedContent>();
  const usableImports: CacheEntry[] = [];
  for (const entry of imports) {
    const usable = entry.type === 'local' ? await localImport(entry, scope) : inEnvironment(entry, scope);
    if (usable === undefined) continue;
    usableImports.push(usable);
    serve(stores, usable.attributes['src'], false, usable);
  }
  let usableExports = exports.flatMap((entry) => inEnvironment(entry, scope) ?? []);
  for (const entry of usableExports) serve(stores, entry.attributes['dest'], true, entry);
  return {
    imports: usableImports,
    get exports() {
      return usableExports;
    },
    stores,
    goOnWithout: (failure) => {
      const [, type, why = ''] = refusedSetup.exec(failure) ?? [];
      const kept = usableExports.filter((entry) => entry.type !== type || !isForgiving(entry));
      if (kept.length === usableExports.length) return false;
      usableExports = kept;
      scope.onEvent(warningEvent(`The cache "type=${type}" is not written: ${why}`));
      return true;
    },
    keep: async (response) => {
      const blobsOf = (directory: string) => stores.get(storeName(directory))?.blobs ?? new BlobDirectory(directory);
      await keepLocalCaches(usableExports, response, blobsOf, scope.onEvent);
    },
  };
}

/** Unless the user says otherwise, a cache that cannot be written does not lose the build. */
function forgiving({ type, attributes }: CacheEntry): CacheEntry {
  return { type, attributes: type === 'inline' ? attributes : { 'ignore-error': 'true', ...attributes } };
}

function isForgiving({ attributes }: CacheEntry): boolean {
  return goBoolean(attributes['ignore-error'] ?? '') !== false;
}

function inlineOf({ buildArgs, cacheTo }: BuildSpec): readonly CacheEntry[] {
  const isAsked = goBoolean(buildArgs[inlineCacheArg] ?? '') === true;
  return isAsked && !cacheEntries(cacheTo, 'to').some(({ type }) => type === 'inline')
    ? [{ type: 'inline', attributes: {} }]
    : [];
}

/** A directory that is read and written is served once, for both. */
function serve(
  stores: Map<string, ServedContent>,
  directory: string | undefined,
  isWritable: boolean,
  { type }: CacheEntry,
): void {
  if (type !== 'local' || directory === undefined) return;
  const known = stores.get(storeName(directory));
  stores.set(storeName(directory), {
    blobs: known?.blobs ?? new BlobDirectory(directory),
    isWritable: isWritable || known?.isWritable === true,
  });
}

function inEnvironment(entry: CacheEntry, { onEvent }: CacheScope): CacheEntry | undefined {
  const why = missingEnvironment(entry);
  if (why === undefined) return entry;
  if (!isForgiving(entry))
    throw new DockError('INVALID_OPTION', `The cache "type=${entry.type}" cannot be used: ${why}.`, {
      hint: 'Run the build where its variables are set, or leave "ignore-error=false" out.',
    });
  onEvent(warningEvent(`The cache "type=${entry.type}" is not used: ${why}.`));
  return undefined;
}

/** A local cache with the digest of its manifest, which the builder asks for. */
async function localImport(entry: CacheEntry, { onEvent }: CacheScope): Promise<CacheEntry | undefined> {
  const { src = '', tag = 'latest', digest } = entry.attributes;
  const name = `The cache "type=local,src=${src}"`;
  try {
    const found = digest ?? taggedManifest(await readIndex(src), tag)?.digest;
    if (found === undefined) {
      onEvent({ type: 'log', level: 'info', message: `${name} has nothing under the tag "${tag}" yet.` });
      return undefined;
    }
    const blob = isDigest(found) ? await new BlobDirectory(src).open(found) : undefined;
    if (blob === undefined) {
      onEvent(warningEvent(`${name} is not used: it does not hold its manifest ${found}.`));
      return undefined;
    }
    await blob.file.close();
    return { type: 'local', attributes: { ...entry.attributes, digest: found } };
  } catch (error) {
    if (!(error instanceof IndexFault)) throw error;
    onEvent(
      error.isAbsent
        ? { type: 'log', level: 'info', message: `${name} is not there yet.` }
        : warningEvent(`${name} is not used: ${error.message}.`),
    );
    return undefined;
  }
}

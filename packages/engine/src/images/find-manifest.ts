import {
  type CallOptions,
  DockError,
  formatImageReference,
  type ImageReference,
  isDigest,
  isDockError,
  type ManifestDescription,
  withDefaultTag,
} from '@dock/core';
import { type CredentialSource, registryAccess, type RegistryAccess, type RegistryClient } from '@dock/registry';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import { registryFailure } from './registry-failure.js';

/** Deadline of one look-up, ms. */
const lookupMs = 30_000;

/** What a look-up needs. */
export interface ManifestLookup {
  readonly connection: EngineConnection;
  readonly source: CredentialSource;
  /** Our own way to the registry. */
  client(options: CallOptions): Promise<RegistryClient>;
}

interface RawDistribution {
  readonly Descriptor?: { readonly mediaType?: string; readonly digest?: string; readonly size?: number };
  readonly Platforms?:
    | readonly { readonly os?: string; readonly architecture?: string; readonly variant?: string }[]
    | null;
}

/** The engine's own look-up of a name in its registry. */
export async function distribution(
  connection: EngineConnection,
  name: string,
  { header }: RegistryAccess,
  scope: CallScope,
): Promise<RawDistribution> {
  return connection.call(`looking up "${name}"`, scope, async (docker) => {
    const options: object = { authconfig: { base64: header } };
    const answer: unknown = await docker.getImage(name).distribution(options as { authconfig: never });
    return answer as RawDistribution;
  });
}

/** Ask the registry for a manifest through the engine. `undefined`: the registry has none. */
async function askEngine(
  { connection, source }: ManifestLookup,
  reference: ImageReference,
  options: CallOptions,
): Promise<ManifestDescription | undefined> {
  const name = formatImageReference(reference);
  const access = await registryAccess(source, reference.registry, options.signal);
  const limits = { signal: options.signal, timeoutMs: options.timeoutMs ?? lookupMs };
  let raw: RawDistribution;
  try {
    raw = await distribution(connection, name, access, limits);
  } catch (error) {
    const status = engineStatus(error);
    if (status === undefined) throw error;
    const failure = registryFailure(
      { action: 'look up', reference: name, access, status },
      engineMessage(error),
      error,
    );
    if (failure.code === 'IMAGE_NOT_FOUND') return undefined;
    throw failure;
  }
  const { digest, mediaType = '' } = raw.Descriptor ?? {};
  if (digest === undefined || !isDigest(digest))
    throw new DockError('DAEMON_PROTOCOL', `the engine's look-up of "${name}" has no digest`, {
      details: { reference: name },
    });
  const platforms = (raw.Platforms ?? [])
    .map(({ os = '', architecture = '', variant = '' }) =>
      [os, architecture, variant].filter((part) => part !== '').join('/'),
    )
    .filter((platform) => platform !== '' && !platform.startsWith('unknown'))
    .map((platform) => ({ platform }));
  return { digest, mediaType, platforms, via: 'engine' };
}

/** Ask the registry for a manifest ourselves. */
async function askDirectly(
  lookup: ManifestLookup,
  reference: ImageReference,
  options: CallOptions,
): Promise<ManifestDescription | undefined> {
  const client = await lookup.client(options);
  const manifest = await client.getManifest(reference, options);
  if (manifest === undefined) return undefined;
  const { digest, mediaType, configDigest } = manifest;
  if (configDigest === undefined) {
    const platforms = await Promise.all(
      manifest.platforms.map(async (each) => {
        const child = await client.getManifest({ ...reference, digest: each.digest }, options);
        return { ...each, ...(child?.configDigest === undefined ? {} : { configDigest: child.configDigest }) };
      }),
    );
    return { digest, mediaType, platforms, via: 'direct' };
  }
  // The manifest says which config it holds; the config itself adds the platform, where it can be read.
  const config = await client.getConfig(reference, configDigest, options).catch((error: unknown) => {
    if (options.signal?.aborted === true || !isDockError(error)) throw error;
    return undefined;
  });
  const parts = [config?.os, config?.architecture, config?.variant].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  const platforms = parts.length === 0 ? [] : [{ platform: parts.join('/'), digest, configDigest }];
  return { digest, mediaType, configDigest, platforms, via: 'direct' };
}

const unreachable: ReadonlySet<string> = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'DAEMON_ERROR', 'TIMEOUT']);

/** What a question that was begun ahead came to, and how it is ended when nobody needs it. */
interface Ahead {
  readonly found: Promise<ManifestDescription | undefined>;
  end(): Promise<void>;
}

/** Begin to read a manifest by its digest. Only a manifest counts: whatever else comes of it, the question is put again when its turn comes. */
function readAhead(lookup: ManifestLookup, reference: ImageReference, options: CallOptions): Ahead {
  const stopping = new AbortController();
  const signals = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([stopping.signal, ...signals]);
  const found = askDirectly(lookup, reference, { ...options, signal }).catch(() => undefined);
  return {
    found,
    end: async () => {
      stopping.abort();
      await found;
    },
  };
}

/**
 * A manifest in a registry: through the engine, which has its CA, proxy and insecure list; else directly. With `withConfig` the manifest that
 * the engine named is read directly by its digest for the config digests, where we can reach the registry ourselves; meanwhile already, where the
 * caller expects that digest.
 */
export async function findManifest(
  lookup: ManifestLookup,
  given: ImageReference,
  options: CallOptions & { readonly withConfig?: boolean; readonly expectedDigest?: string } = {},
): Promise<ManifestDescription | undefined> {
  const { withConfig, expectedDigest, ...call } = options;
  if (withConfig !== true || expectedDigest === undefined) return find(lookup, withDefaultTag(given), options);
  const ahead = readAhead(lookup, byDigest(given, expectedDigest), call);
  try {
    return await find(lookup, withDefaultTag(given), options, ahead);
  } finally {
    await ahead.end();
  }
}

async function find(
  lookup: ManifestLookup,
  reference: ImageReference,
  options: CallOptions & { readonly withConfig?: boolean; readonly expectedDigest?: string },
  ahead?: Ahead,
): Promise<ManifestDescription | undefined> {
  let found: ManifestDescription | undefined;
  try {
    found = await askEngine(lookup, reference, options);
  } catch (error) {
    if (!isDockError(error) || !unreachable.has(error.code)) throw error;
    try {
      return await askDirectly(lookup, reference, options);
    } catch (second) {
      if (isDockError(second)) error.attached.push(second);
      throw error;
    }
  }
  if (found === undefined || options.withConfig !== true) return found;
  try {
    const begun = found.digest === options.expectedDigest ? await ahead?.found : undefined;
    const direct = begun ?? (await askDirectly(lookup, byDigest(reference, found.digest), options));
    if (direct === undefined) return found;
    return { ...direct, via: 'engine' };
  } catch (error) {
    // The engine's answer stands; its registry may be out of our own reach.
    if (isDockError(error) && error.code !== 'CANCELLED' && error.code !== 'CREDENTIAL_HELPER_FAILED') return found;
    throw error;
  }
}

function byDigest({ registry, repository }: ImageReference, digest: string): ImageReference {
  return { registry, repository, digest };
}

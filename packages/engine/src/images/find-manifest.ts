import {
  type CallOptions,
  DockError,
  type ExpectedManifest,
  formatImageReference,
  type ImageReference,
  isDigest,
  isDockError,
  type ManifestDescription,
  withDefaultTag,
} from '@dock/core';
import { orCancelled } from '@dock/core/internal';
import {
  type CredentialSource,
  registryAccess,
  type RegistryAccess,
  type RegistryClient,
  type RegistryManifest,
  registryFailure,
} from '@dock/registry';
import { type AnswerShape, documentOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';

/** Deadline of one look-up, ms. */
const lookupMs = 30_000;

/** What a look-up needs. */
export interface ManifestLookup {
  readonly connection: EngineConnection;
  readonly source: CredentialSource;
  /** Our own way to the registry. */
  client(options: CallOptions): Promise<RegistryClient>;
  readonly contents: KnownContents;
  /** Whether a registry's name can mean the same place here and for the engine: `127.0.0.1` of an engine on another machine is not ours. */
  isSharedPlace(registry: string): boolean;
}

interface RawDistribution {
  readonly Descriptor?: { readonly mediaType?: string; readonly digest?: string; readonly size?: number };
  readonly Platforms?:
    | readonly { readonly os?: string; readonly architecture?: string; readonly variant?: string }[]
    | null;
}

const distributionShape: AnswerShape = {
  Descriptor: { mediaType: 'text', digest: 'text', size: 'number' },
  Platforms: 'list',
};

/** The engine's own look-up of a name in its registry. */
export async function distribution(
  connection: EngineConnection,
  name: string,
  { header }: RegistryAccess,
  scope: CallScope,
): Promise<RawDistribution> {
  const what = `looking up "${name}"`;
  return connection.call(what, scope, async (docker) => {
    const options: object = { authconfig: { base64: header } };
    return documentOf<RawDistribution>(
      what,
      await docker.getImage(name).distribution(options as { authconfig: never }),
      distributionShape,
    );
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
    throw new DockError('DAEMON_PROTOCOL', `The engine's look-up of "${name}" has no digest.`, {
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

/** What a manifest holds, read by ourselves from the registry. */
interface Content {
  readonly description: Omit<ManifestDescription, 'via'>;
  /** Whether everything could be read that the manifest names. */
  readonly isWhole: boolean;
}

/** The contents of manifests by `registry/repository@digest`: a digest stands for the same bytes for ever, so each is read once, if it could be read whole. */
export type KnownContents = Map<string, Promise<Content>>;

/** What is known of a manifest, or is being read for somebody else; undefined when nothing is, or that failed: his time and his signal are not ours. */
async function knownContent(
  contents: KnownContents,
  key: string,
  signal: AbortSignal | undefined,
): Promise<ManifestDescription | undefined> {
  const known = contents.get(key);
  if (known === undefined) return undefined;
  const settled = known.catch(() => undefined);
  const content = await (signal === undefined ? settled : orCancelled(settled, signal));
  return content && { ...content.description, via: 'direct' };
}

/** Keep a content as long as it is being read, and for good when it is whole: what could not be read is read again when it is asked for again. */
function keep(contents: KnownContents, key: string, reading: Promise<Content>): void {
  contents.set(key, reading);
  const drop = (): void => {
    if (contents.get(key) === reading) contents.delete(key);
  };
  reading.then(({ isWhole }) => isWhole || drop(), drop);
}

/** Ask the registry for a manifest ourselves. */
async function askDirectly(
  lookup: ManifestLookup,
  reference: ImageReference,
  options: CallOptions,
): Promise<ManifestDescription | undefined> {
  const client = await lookup.client(options);
  const key = (digest: string) => formatImageReference(byDigest(reference, digest));
  const { contents } = lookup;
  const { signal } = options;
  const kept = reference.digest === undefined ? undefined : await knownContent(contents, key(reference.digest), signal);
  if (kept !== undefined) return kept;
  const manifest = await client.getManifest(reference, options);
  if (manifest === undefined) return undefined;
  const known = await knownContent(contents, key(manifest.digest), signal);
  if (known !== undefined) return known;
  const reading = contentOf(client, reference, manifest, options);
  keep(contents, key(manifest.digest), reading);
  return { ...(await reading).description, via: 'direct' };
}

async function contentOf(
  client: RegistryClient,
  reference: ImageReference,
  manifest: RegistryManifest,
  options: CallOptions,
): Promise<Content> {
  const { digest, mediaType, configDigest } = manifest;
  if (configDigest === undefined) {
    let isWhole = true;
    const platforms = await Promise.all(
      manifest.platforms.map(async (each) => {
        const child = await client.getManifest(byDigest(reference, each.digest), options);
        if (child === undefined) isWhole = false;
        return { ...each, ...(child?.configDigest === undefined ? {} : { configDigest: child.configDigest }) };
      }),
    );
    return { description: { digest, mediaType, platforms }, isWhole };
  }
  // The manifest says which config it holds; the config itself adds the platform, where it can be read.
  const config = await client.getConfig(reference, configDigest, options).catch((error: unknown) => {
    const isUnreadable = isDockError(error) && error.code !== 'DIGEST_MISMATCH';
    if (options.signal?.aborted === true || !isUnreadable) throw error;
    return undefined;
  });
  const parts = [config?.os, config?.architecture, config?.variant].filter(
    (part) => typeof part === 'string' && part !== '',
  );
  const platforms = parts.length === 0 ? [] : [{ platform: parts.join('/'), digest, configDigest }];
  return { description: { digest, mediaType, configDigest, platforms }, isWhole: config !== undefined };
}

const unreachable: ReadonlySet<string> = new Set(['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'DAEMON_ERROR', 'TIMEOUT']);

/** Deadline of our own look-up where the engine can be asked instead, ms. */
const directMs = 10_000;

/** Options of {@link findManifest}. */
export interface FindOptions extends CallOptions {
  readonly withConfig?: boolean;
  readonly expected?: ExpectedManifest;
}

/**
 * A manifest in a registry. Without `expected`, through the engine, which has its CA, proxy and insecure list; else directly. With `withConfig` the
 * manifest that the engine named is read directly by its digest for the config digests, where we can reach the registry ourselves. With `expected`
 * the registry is asked directly first: only an answer that is what the caller expects is believed, because the same name may lead somewhere else
 * from here; whatever else comes of it, the engine is asked.
 *
 * @throws DIGEST_MISMATCH when somebody serves bytes that are not those of their digest
 */
export async function findManifest(
  lookup: ManifestLookup,
  given: ImageReference,
  options: FindOptions = {},
): Promise<ManifestDescription | undefined> {
  const reference = withDefaultTag(given);
  const { expected, withConfig = false, ...call } = options;
  if (expected === undefined || !lookup.isSharedPlace(reference.registry))
    return findThroughEngine(lookup, reference, call, withConfig || expected !== undefined);
  let direct: { readonly manifest: ManifestDescription | undefined } | undefined;
  try {
    direct = { manifest: await askDirectly(lookup, reference, { ...call, timeoutMs: call.timeoutMs ?? directMs }) };
    if (isExpected(direct.manifest, expected)) return direct.manifest;
  } catch (error) {
    if (!isDockError(error) || error.code === 'CANCELLED' || error.code === 'DIGEST_MISMATCH') throw error;
  }
  try {
    return await findThroughEngine(lookup, reference, call, true);
  } catch (error) {
    // The registry has answered us; that the engine cannot ask it now takes nothing from that.
    if (direct === undefined || !isDockError(error) || !unreachable.has(error.code)) throw error;
    return direct.manifest;
  }
}

function isExpected(manifest: ManifestDescription | undefined, { digest, configDigest }: ExpectedManifest): boolean {
  if (manifest === undefined) return false;
  if (digest !== undefined) return manifest.digest === digest;
  return [manifest, ...manifest.platforms].some((each) => each.configDigest === configDigest);
}

async function findThroughEngine(
  lookup: ManifestLookup,
  reference: ImageReference,
  options: CallOptions,
  withConfig: boolean,
): Promise<ManifestDescription | undefined> {
  let found: ManifestDescription | undefined;
  try {
    found = await askEngine(lookup, reference, options);
  } catch (error) {
    if (!isDockError(error) || !unreachable.has(error.code)) throw error;
    try {
      return await askDirectly(lookup, reference, options);
    } catch (second) {
      if (isDockError(second) && second.code === 'DIGEST_MISMATCH') throw second;
      if (isDockError(second)) error.attached.push(second);
      throw error;
    }
  }
  if (found === undefined || !withConfig) return found;
  try {
    const direct = await askDirectly(lookup, byDigest(reference, found.digest), options);
    return direct === undefined ? found : { ...direct, via: 'engine' };
  } catch (error) {
    // The engine's answer stands; its registry may be out of our own reach. Bytes that are not those of their digest are an answer.
    if (!isDockError(error) || error.code === 'CANCELLED' || error.code === 'DIGEST_MISMATCH') throw error;
    return found;
  }
}

function byDigest({ registry, repository }: ImageReference, digest: string): ImageReference {
  return { registry, repository, digest };
}

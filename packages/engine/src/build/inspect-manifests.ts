import type { CallScope, EngineConnection } from '../transport/connection.js';
import type { StoredManifest } from './read-image-manifests.js';

/** The API from which on an engine tells the manifests of an image. */
const sinceApi = '1.48';

/** Where an engine says which configuration a manifest has. */
const configAnnotation = 'config.digest';

interface ToldManifest {
  readonly Kind?: unknown;
  readonly Descriptor?: {
    readonly digest?: unknown;
    readonly annotations?: Readonly<Record<string, unknown>> | null;
  } | null;
  readonly ImageData?: {
    readonly Platform?: { readonly os?: unknown; readonly architecture?: unknown; readonly variant?: unknown } | null;
  } | null;
}

/**
 * The manifests behind an image ID of the containerd store, by one question: attestations are left out.
 *
 * @returns `undefined` where the engine does not tell them, or not all that is needed of each
 */
export async function inspectManifests(
  connection: EngineConnection,
  imageId: string,
  scope: CallScope = {},
): Promise<readonly StoredManifest[] | undefined> {
  if (!(await connection.speaks(sinceApi, { signal: scope.signal }))) return undefined;
  const path = `/images/${imageId}/json?manifests=1`;
  const answer = await connection.ask(`reading the manifests of image "${imageId}"`, path, {
    ...scope,
    apiVersion: sinceApi,
  });
  const { Manifests } = (answer ?? {}) as { Manifests?: unknown };
  if (!Array.isArray(Manifests)) return undefined;
  const images = (Manifests as (ToldManifest | null)[]).filter((each) => each?.Kind === 'image');
  const told = images.map((each) => readManifest(each));
  const known = told.flatMap((each) => each ?? []);
  return known.length > 0 && known.length === told.length ? known : undefined;
}

function readManifest(told: ToldManifest | null): StoredManifest | undefined {
  const manifestDigest = told?.Descriptor?.digest;
  const configDigest = told?.Descriptor?.annotations?.[configAnnotation];
  if (typeof manifestDigest !== 'string' || typeof configDigest !== 'string') return undefined;
  const { os, architecture, variant } = told?.ImageData?.Platform ?? {};
  const platform = [os, architecture, variant].filter((part) => typeof part === 'string' && part !== '').join('/');
  return { manifestDigest, configDigest, ...(platform === '' ? {} : { platform }) };
}

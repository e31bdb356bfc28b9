import { DockError, isDockError } from '@dock/core';
import { readManifest, type RegistryManifest } from '@dock/registry';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { errorCode } from '../transport/engine-error.js';

/** A single image's manifest in the engine's store. */
export interface StoredManifest {
  /** As the index says; absent when the image has no index. */
  readonly platform?: string;
  readonly manifestDigest: string;
  readonly configDigest: string;
}

/** Largest file of an export that can be a manifest, bytes; larger ones are passed over unread. */
const manifestLimit = 512 * 1024;
const exportTimeoutMs = 600_000;

/**
 * The manifests behind an image ID of the containerd store. The engine tells them only in an export (an OCI layout), which is read until the
 * index and its manifests were seen and no further; attestations are left out.
 */
export async function readImageManifests(
  connection: EngineConnection,
  imageId: string,
  scope: CallScope = {},
): Promise<readonly StoredManifest[]> {
  const what = `reading the manifests of image "${imageId}"`;
  const limits = { signal: scope.signal, timeoutMs: scope.timeoutMs ?? exportTimeoutMs };
  return connection.stream(what, limits, async (docker) => {
    const stream = await docker.getImage(imageId).get();
    try {
      const blobs = new Map<string, RegistryManifest>();
      const { readTarFiles } = await import('../stream/read-tar-files.js');
      for await (const file of readTarFiles(stream, manifestLimit)) {
        const digest = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(file.name)?.[1];
        const manifest = digest === undefined ? undefined : parseBlob(file.bytes, `sha256:${digest}`);
        if (manifest === undefined) continue;
        blobs.set(manifest.digest, manifest);
        const found = resolveManifests(blobs, imageId);
        if (found !== undefined) return found;
      }
      // An index may name platforms that the engine does not hold.
      const held = resolveManifests(blobs, imageId, { isPartial: true });
      if (held !== undefined && held.length > 0) return held;
      throw new DockError('DAEMON_PROTOCOL', `The export of image "${imageId}" does not hold its manifest.`, {
        details: { image: imageId },
      });
    } catch (error) {
      // A cut archive is the engine's fault; a broken connection has a code and is mapped by it.
      if (isDockError(error) || errorCode(error) !== '') throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new DockError('DAEMON_PROTOCOL', `The export of image "${imageId}" is damaged: ${why}.`, { cause: error });
    } finally {
      stream.destroy();
    }
  });
}

function parseBlob(bytes: Buffer, digest: string): RegistryManifest | undefined {
  const head = bytes.toString('latin1', 0, 1);
  if (head !== '{') return undefined;
  try {
    const { mediaType } = JSON.parse(bytes.toString('utf8')) as { mediaType?: unknown };
    const contentType = typeof mediaType === 'string' ? mediaType : '';
    return readManifest(bytes, { registry: 'the engine', subject: `"${digest}"`, contentType, askedDigest: digest });
  } catch {
    return undefined;
  }
}

/** The manifests of an image, or `undefined` while some are still to come. */
function resolveManifests(
  blobs: ReadonlyMap<string, RegistryManifest>,
  imageId: string,
  { isPartial = false } = {},
): readonly StoredManifest[] | undefined {
  const root = blobs.get(imageId);
  if (root === undefined) return undefined;
  if (root.configDigest !== undefined) return [{ manifestDigest: root.digest, configDigest: root.configDigest }];
  const found = root.platforms.flatMap(({ platform, digest }) => {
    const configDigest = blobs.get(digest)?.configDigest;
    return configDigest === undefined ? [] : [{ platform, manifestDigest: digest, configDigest }];
  });
  return isPartial || found.length === root.platforms.length ? found : undefined;
}

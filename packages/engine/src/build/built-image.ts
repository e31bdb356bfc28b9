import type { EngineImage, ImageStore, PlatformImage } from '@dock/core';
import { DockError, isDigest } from '@dock/core';
import type { BuildEvidence } from '@dock/core/internal';
import { imageNotFound } from '../images/image-name.js';
import { inspectRaw, platformOf } from '../images/inspect-image.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { inspectManifests } from './inspect-manifests.js';
import { readImageManifests } from './read-image-manifests.js';

/**
 * An image of the engine with its identity. On the classic store the ID is the config digest; on the containerd store it is the digest of a
 * manifest or an index, and the config digests are what the builder or the engine says of the manifests, else read from themselves.
 *
 * @param scope `told`: what the builder of this image says of it
 * @throws IMAGE_NOT_FOUND
 */
export async function builtImage(
  connection: EngineConnection,
  nameOrId: string,
  store: ImageStore,
  scope: CallScope & { readonly told?: Pick<BuildEvidence, 'configDigest' | 'isIndex' | 'platforms'> } = {},
): Promise<EngineImage> {
  const raw = await inspectRaw(connection, nameOrId, scope);
  if (raw === undefined) throw imageNotFound(nameOrId);
  if (!isDigest(raw.Id)) throw new TypeError(`the ID "${raw.Id}" is no digest`);
  const platform = platformOf(raw);
  const place = { kind: 'engine', id: raw.Id, store } as const;
  if (store === 'classic')
    return { place, id: raw.Id, store, configDigest: raw.Id, platforms: [{ platform, configDigest: raw.Id }] };
  const { told } = scope;
  // The builder has just said it of this very image: nothing has to be read back.
  const manifests =
    told?.configDigest !== undefined && told.isIndex === false
      ? [{ manifestDigest: raw.Id, configDigest: told.configDigest, platform: undefined }]
      : (told?.platforms ??
        // The export is the last way: it reads half of the image.
        (await inspectManifests(connection, raw.Id, scope)) ??
        (await readImageManifests(connection, raw.Id, scope)));
  const platforms: PlatformImage[] = manifests.map((each) => ({ ...each, platform: each.platform ?? platform }));
  const [first] = platforms;
  if (first === undefined)
    throw new DockError('DAEMON_PROTOCOL', `The engine shows no manifest of image "${raw.Id}".`, {
      details: { image: raw.Id },
    });
  return { place, id: raw.Id, store, configDigest: first.configDigest, manifestDigest: raw.Id, platforms };
}

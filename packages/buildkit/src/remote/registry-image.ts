import {
  DockError,
  formatImageReference,
  type ImageRepository,
  type ManifestContent,
  type PlatformImage,
  type RegistryPort,
  type RemoteImage,
  repositoryName,
} from '@dock/core';
import { collectBytes } from '@dock/core/internal';
import { readManifest, type RegistryManifest } from '@dock/registry';

/** Where an image is read. */
export interface RegistryPlace {
  readonly registry: RegistryPort;
  readonly repository: ImageRepository;
  readonly signal?: AbortSignal | undefined;
}

/** A manifest with its bytes. */
export type ReadManifest = RegistryManifest & ManifestContent;

/** Bytes of a configuration that are read for its platform. */
const configLimit = 4 * 1024 * 1024;

/**
 * The image that a builder says it has put into a registry, as the registry has it.
 *
 * @param told What the builder says of it.
 * @throws PUSH_UNCONFIRMED when it is not there, DIGEST_MISMATCH when it is another image; what the registry throws
 */
export async function registryImage(
  place: RegistryPlace,
  told: { readonly digest: string; readonly configDigest?: string | undefined },
): Promise<RemoteImage> {
  const { repository } = place;
  const found = await readByDigest(place, told.digest);
  const platforms = await platformsOf(place, found);
  const [first] = platforms;
  if (first === undefined)
    throw new DockError(
      'DAEMON_PROTOCOL',
      `The builder has put an index without images into "${repositoryName(repository)}".`,
      {
        details: { digest: told.digest },
      },
    );
  if (told.configDigest !== undefined && !platforms.some(({ configDigest }) => configDigest === told.configDigest))
    throw new DockError(
      'DIGEST_MISMATCH',
      `The builder says that it built "${told.configDigest}", and "${told.digest}" in "${repositoryName(repository)}" holds "${first.configDigest}".`,
    );
  return {
    place: { kind: 'registry', repository: repositoryName(repository), digest: told.digest },
    configDigest: first.configDigest,
    manifestDigest: told.digest,
    platforms,
  };
}

/** @throws PUSH_UNCONFIRMED when the registry has no such manifest */
export async function readByDigest(
  { registry, repository, signal }: RegistryPlace,
  digest: string,
): Promise<ReadManifest> {
  const reference = { ...repository, digest };
  const content = await registry.manifest(reference, signal === undefined ? {} : { signal });
  if (content === undefined)
    throw new DockError(
      'PUSH_UNCONFIRMED',
      `The builder says that it has put the image into the registry, and there is no "${formatImageReference(reference)}".`,
      { details: { digest } },
    );
  const { mediaType, bytes } = content;
  const read = readManifest(Buffer.from(bytes), {
    registry: repository.registry,
    subject: `"${formatImageReference(reference)}"`,
    contentType: mediaType,
    askedDigest: digest,
  });
  return { ...read, mediaType, bytes };
}

async function platformsOf(place: RegistryPlace, found: ReadManifest): Promise<readonly PlatformImage[]> {
  const { configDigest, digest } = found;
  if (configDigest !== undefined)
    return [{ platform: await platformOfConfig(place, configDigest), configDigest, manifestDigest: digest }];
  return Promise.all(
    found.platforms.map(async ({ platform, digest: manifestDigest }) => {
      const { configDigest: own } = await readByDigest(place, manifestDigest);
      if (own === undefined)
        throw new DockError('DAEMON_PROTOCOL', `"${manifestDigest}" in the builder's index is no image.`);
      return { platform, configDigest: own, manifestDigest };
    }),
  );
}

async function platformOfConfig({ registry, repository, signal }: RegistryPlace, digest: string): Promise<string> {
  const read = (content: AsyncIterable<Uint8Array>): Promise<Buffer> =>
    collectBytes(content, configLimit, `The configuration "${digest}"`);
  const bytes = await registry.blob(repository, digest, read, signal === undefined ? {} : { signal });
  if (bytes === undefined)
    throw new DockError(
      'PUSH_UNCONFIRMED',
      `The image in "${repositoryName(repository)}" lacks its configuration "${digest}".`,
    );
  const { os, architecture, variant } = JSON.parse(bytes.toString('utf8')) as Readonly<Record<string, unknown>>;
  return [os, architecture, variant].filter((part) => typeof part === 'string' && part !== '').join('/');
}

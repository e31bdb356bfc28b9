import {
  DockError,
  familiarRepositoryName,
  formatImageReference,
  type ImageReference,
  isDigest,
  type PulledImage,
  type StreamOptions,
  withDefaultTag,
} from '@dock/core';
import type { EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import { inspectRaw } from './inspect-image.js';
import { type CredentialSource, registryAccess, registryFailure } from '@dock/registry';
import { readTransfer } from './transfer.js';

/**
 * Pull one image. Success needs the image in the engine, and one of: the digest or the closing status of the pull's own stream; the digest that was asked for;
 * the ID that podman, which states neither, names last.
 */
export async function pullImage(
  connection: EngineConnection,
  source: CredentialSource,
  reference: ImageReference,
  options: StreamOptions & { readonly platform?: string } = {},
): Promise<PulledImage> {
  const wanted = withDefaultTag(reference);
  const name = formatImageReference(wanted);
  const what = `pulling "${name}"`;
  const access = await registryAccess(source, wanted.registry, options.signal);
  const place = { action: 'pull' as const, reference: name, access };
  let digest: string | undefined;
  let isFinished = false;
  let lastId: string | undefined;
  const failure = await connection
    .stream(what, options, async (docker) => {
      const stream = await docker.createImage(
        { base64: access.header },
        {
          fromImage: familiarRepositoryName(wanted),
          tag: wanted.digest ?? wanted.tag,
          ...(options.platform === undefined ? {} : { platform: options.platform }),
        },
      );
      return readTransfer(stream, {
        ...options,
        action: 'pull',
        reference: name,
        onMessage: ({ status, id }) => {
          if (typeof status !== 'string') return;
          lastId = status === 'Download complete' && typeof id === 'string' ? id : undefined;
          const stated = /^Digest: (\S+)$/.exec(status)?.[1];
          if (stated !== undefined && isDigest(stated)) digest = stated;
          if (/^Status: (?:Downloaded newer image|Image is up to date) for /.test(status)) isFinished = true;
        },
      });
    })
    .catch((error: unknown) => {
      const status = engineStatus(error);
      if (status === undefined) throw error;
      throw registryFailure({ ...place, status }, engineMessage(error), error);
    });
  if (failure !== undefined) throw registryFailure(place, failure.message);
  if (digest !== undefined || isFinished) {
    const id = await pulledId(connection, wanted, digest, options);
    return { id, ...(digest === undefined ? {} : { digest }) };
  }
  const id = (await inspectRaw(connection, name, options))?.Id;
  const isProven = id !== undefined && (wanted.digest !== undefined || isNamedBy(id, lastId));
  if (!isProven)
    throw new DockError('DAEMON_PROTOCOL', `The pull of "${name}" ended without a result.`, {
      details: { reference: name },
    });
  return { id, ...(wanted.digest === undefined ? {} : { digest: wanted.digest }) };
}

/** Whether an image's ID is the one that the last message of a pull has in short. */
function isNamedBy(id: string, lastId: string | undefined): boolean {
  return lastId !== undefined && lastId.length >= 12 && id.replace(/^sha256:/, '').startsWith(lastId);
}

/** The ID of what was pulled: by its digest, because another pull may move the tag meanwhile. */
async function pulledId(
  connection: EngineConnection,
  reference: ImageReference,
  digest: string | undefined,
  { signal }: StreamOptions,
): Promise<string> {
  const byDigest = digest === undefined ? undefined : `${familiarRepositoryName(reference)}@${digest}`;
  const name = formatImageReference(reference);
  for (const each of [byDigest, name]) {
    const found = each === undefined ? undefined : await inspectRaw(connection, each, { signal });
    if (found !== undefined) return found.Id;
  }
  throw new DockError('DAEMON_PROTOCOL', `The engine says that it pulled "${name}", but it does not have it.`);
}

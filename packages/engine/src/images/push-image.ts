import {
  DockError,
  familiarRepositoryName,
  formatImageReference,
  type ImageReference,
  isDigest,
  type PushReceipt,
  type StreamOptions,
  withDefaultTag,
} from '@dock/core';
import { isObject, type ProgressMessage } from '../stream/progress-stream.js';
import type { EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import { type CredentialSource, registryAccess, registryFailure } from '@dock/registry';
import { readTransfer } from './transfer.js';

/** Push one tag, once. Success needs the digest of the push's own stream. */
export async function pushImage(
  connection: EngineConnection,
  source: CredentialSource,
  reference: ImageReference,
  options: StreamOptions = {},
): Promise<PushReceipt> {
  if (reference.digest !== undefined)
    throw new DockError(
      'INVALID_OPTION',
      `"${formatImageReference(reference)}" names a digest, and only tags can be pushed.`,
      {
        hint: 'Leave the digest out.',
      },
    );
  // Without a tag the engine would push every tag of the repository.
  const wanted = withDefaultTag(reference);
  const name = formatImageReference(wanted);
  const access = await registryAccess(source, wanted.registry, options.signal);
  const place = { action: 'push' as const, reference: name, access };
  const receipts: PushReceipt[] = [];
  const query: object = { tag: wanted.tag, authconfig: { base64: access.header } };
  const failure = await connection
    .stream(`pushing "${name}"`, options, async (docker) => {
      const stream = await docker.getImage(familiarRepositoryName(wanted)).push(query);
      return readTransfer(stream, {
        ...options,
        action: 'push',
        reference: name,
        onMessage: (message) => {
          const receipt = receiptOf(message, wanted.tag);
          if (receipt !== undefined) receipts.push(receipt);
        },
      });
    })
    .catch((error: unknown) => {
      const status = engineStatus(error);
      if (status === undefined) throw error;
      throw registryFailure({ ...place, status }, engineMessage(error), error);
    });
  if (failure !== undefined) throw registryFailure(place, failure.message);
  const receipt = receipts.at(-1);
  if (receipt === undefined)
    throw new DockError('DAEMON_PROTOCOL', `The push of "${name}" ended without a result.`, {
      details: { reference: name },
    });
  return receipt;
}

/** The classic store tells the digest in `aux`, the containerd store (Engine 26) only in a closing status without a layer. */
function receiptOf({ aux, status, id }: ProgressMessage, tag: string | undefined): PushReceipt | undefined {
  if (isObject(aux)) {
    const { Tag, Digest, Size } = aux;
    if (typeof Digest !== 'string' || !isDigest(Digest) || (Tag !== undefined && Tag !== tag)) return undefined;
    return { digest: Digest, size: typeof Size === 'number' ? Size : 0 };
  }
  if (typeof status !== 'string' || id !== undefined) return undefined;
  const [, statedTag, digest = '', size] = /^(\S+): digest: (\S+) size: (\d+)$/.exec(status) ?? [];
  return statedTag === tag && isDigest(digest) ? { digest, size: Number(size) } : undefined;
}

import {
  DockError,
  type HistoryEntry,
  type ImageReference,
  familiarRepositoryName,
  formatImageReference,
  withDefaultTag,
} from '@dock/core';
import { listOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import { engineImageName, imageNotFound } from './image-name.js';

interface RawHistory {
  readonly CreatedBy?: string;
  /** Seconds since 1970. */
  readonly Created?: number;
  readonly Size?: number;
  readonly Comment?: string;
}

/**
 * What Engine 26 answers, on the containerd store, for an image whose layers it has not unpacked, as one of another platform: the image is there, its history
 * cannot be had.
 */
const isOfPackedLayers = (error: unknown): boolean =>
  engineStatus(error) === 404 && /^snapshot \S+ does not exist/.test(engineMessage(error));

/** An image's history, newest first; empty where the engine cannot tell it. @throws IMAGE_NOT_FOUND */
export async function imageHistory(
  connection: EngineConnection,
  nameOrId: string,
  scope: CallScope = {},
): Promise<readonly HistoryEntry[]> {
  const name = engineImageName(nameOrId);
  const what = `reading the history of image "${nameOrId}"`;
  const rows = await orNotFound(nameOrId, () =>
    connection
      .call(what, scope, async (docker) => listOf<RawHistory>(what, await docker.getImage(name).history()))
      .catch((error: unknown) => {
        if (isOfPackedLayers(error)) return [];
        throw error;
      }),
  );
  return rows.map(({ CreatedBy = '', Created, Size = 0, Comment = '' }) => ({
    createdBy: CreatedBy,
    ...(Created === undefined || Created <= 0 ? {} : { created: new Date(Created * 1000).toISOString() }),
    size: Size,
    comment: Comment,
  }));
}

/** Give an image a name. @throws IMAGE_NOT_FOUND */
export async function tagImage(
  connection: EngineConnection,
  id: string,
  reference: ImageReference,
  scope: CallScope = {},
): Promise<void> {
  if (reference.digest !== undefined)
    throw new DockError(
      'INVALID_OPTION',
      `"${formatImageReference(reference)}" names a digest, and an image cannot be given one.`,
      {
        hint: 'Leave the digest out.',
      },
    );
  const { tag = 'latest' } = withDefaultTag(reference);
  await orNotFound(id, () =>
    connection.call(`naming image "${id}"`, scope, (docker) =>
      docker.getImage(engineImageName(id)).tag({ repo: familiarRepositoryName(reference), tag }),
    ),
  );
}

/** Remove a name, or an image by its ID. One that is not there is fine. */
export async function removeImage(
  connection: EngineConnection,
  nameOrId: string,
  {
    force = false,
    noPrune = false,
    ...scope
  }: CallScope & { readonly force?: boolean; readonly noPrune?: boolean } = {},
): Promise<void> {
  const name = engineImageName(nameOrId);
  try {
    await connection.call(`removing image "${nameOrId}"`, scope, (docker) =>
      docker.getImage(name).remove({ force, noprune: noPrune }),
    );
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
  }
}

/** Turn the engine's 404 into IMAGE_NOT_FOUND. */
export async function orNotFound<T>(nameOrId: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw engineStatus(error) === 404 ? imageNotFound(nameOrId, error) : error;
  }
}

import { type BuildSpec, DockError, formatImageReference, withDefaultTag } from '@dock/core';
import { inspectRaw } from '../images/inspect-image.js';
import type { EngineConnection } from '../transport/connection.js';

/** Deadline of one look, ms. */
const lookMs = 10_000;

/**
 * A builder pulls what it lacks, whatever it is told: so a build that must pull nothing is refused before it begins.
 *
 * @throws IMAGE_NOT_FOUND
 */
export async function refuseAbsentBases(
  { bases, pull }: Pick<BuildSpec, 'bases' | 'pull'>,
  connection: EngineConnection,
  signal?: AbortSignal,
): Promise<void> {
  if (pull !== 'never') return;
  const images = bases.filter(({ use, id }) => use !== 'syntax' && id === undefined);
  await Promise.all(
    images.map(async ({ reference, text, line }) => {
      const found = await inspectRaw(connection, formatImageReference(withDefaultTag(reference)), {
        signal,
        timeoutMs: lookMs,
      });
      if (found !== undefined) return;
      throw new DockError(
        'IMAGE_NOT_FOUND',
        `Base image "${text}" of line ${line} is not in the engine, and nothing may be pulled.`,
        {
          hint: 'Pull it first, or leave out pull: "never" (--pull=never).',
          details: { image: text, line },
        },
      );
    }),
  );
}

import { setTimeout as pause } from 'node:timers/promises';
import { DockError } from '@dock/core';
import type { BuildAnswer, StatusReader } from './status-reader.js';

/** How long the answer of a build whose status is over is waited for, ms: after a failed step, which says enough, and else. */
const answerMs = { afterFailure: 5000, otherwise: 60_000 } as const;

/**
 * What is told of a build whose status came to its end and whose answer does not come. The answer of a failed build brings the whole Dockerfile along in its
 * trailers, and a connection that cannot carry that much may lose it without a word; its step has told the failure then.
 *
 * @throws DAEMON_PROTOCOL when no step failed
 */
export async function withoutAnswer(
  status: Promise<void>,
  isWhole: () => boolean,
  reader: Pick<StatusReader, 'hasFailed'>,
  signal: AbortSignal,
): Promise<BuildAnswer> {
  const never = new Promise<never>(() => undefined);
  await status;
  if (!isWhole()) return never;
  const { hasFailed } = reader;
  const waitMs = hasFailed ? answerMs.afterFailure : answerMs.otherwise;
  try {
    await pause(waitMs, undefined, { signal });
  } catch {
    // The build is over, or cancelled: who ended it tells so.
    return never;
  }
  if (hasFailed) return { imageId: undefined, failure: undefined };
  throw new DockError(
    'DAEMON_PROTOCOL',
    `The builder ended the build, and did not answer for ${waitMs / 1000} seconds.`,
  );
}

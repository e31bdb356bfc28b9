import { setTimeout as sleep } from 'node:timers/promises';
import { DockError } from '@dock/core';

/** How long to wait, and for what. */
export interface WaitOptions {
  readonly timeoutMs: number;
  /** What is waited for, as it stands in the error: `an answer of dockerd`. */
  readonly subject: string;
  /** Added to the error: the last lines of a log. */
  readonly details?: () => string;
  /** @default 20 */
  readonly everyMs?: number;
}

/**
 * Asks until the answer is true.
 *
 * @throws TIMEOUT when the deadline passes
 */
export async function waitUntil(isDone: () => boolean | Promise<boolean>, options: WaitOptions): Promise<void> {
  const deadline = performance.now() + options.timeoutMs;
  while (!(await isDone())) {
    if (performance.now() > deadline) {
      const details = options.details?.() ?? '';
      throw new DockError(
        'TIMEOUT',
        `The rig waited ${String(options.timeoutMs / 1000)} s in vain for ${options.subject}.${details === '' ? '' : `\n${details}`}`,
      );
    }
    await sleep(options.everyMs ?? 20);
  }
}

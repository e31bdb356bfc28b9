import { setMaxListeners } from 'node:events';
import type { DockError } from '../errors/dock-error.js';

/** How long one cleanup tap or undo of a plugin may take, ms (design §2). */
export const cleanupLimitMs = 10_000;

/** How long one undo of dock's own may take, ms: an engine whose disk is busy needs longer to remove a container, and what dock asks of it has a limit of its own. */
export const ownCleanupLimitMs = 60_000;

/** How long the whole cleanup may take once the run was cancelled, ms: with the taps' grace time, the run ends within 10 s of the first signal. */
export const cancelledCleanupMs = 5_000;

/** And once nobody wants to wait any longer, ms: everything that is left is still begun. */
export const forcedCleanupMs = 1_000;

/** The time that one call of the cleanup has. */
export interface CleanupShare {
  /** Aborted, with a DockError as reason, when the time is over. */
  readonly signal: AbortSignal;
  end(): void;
}

/**
 * Shares the time of a cleanup out: to each call its limit while nobody is in a hurry. After a cancellation what is left of the whole
 * is shared evenly by the calls that are left, so that one that hangs does not take the time of the others; what a quick one
 * does not use goes to the next.
 */
export class CleanupBudget {
  readonly #shares = new Set<() => void>();
  #endsAt = Number.POSITIVE_INFINITY;
  readonly #release: () => void;

  /** Its time begins now. Call {@link close} at the end. */
  constructor(cancelSignal: AbortSignal, forceSignal: AbortSignal | undefined) {
    const onCancel = () => this.#hurry(cancelledCleanupMs);
    const onForce = () => this.#hurry(forcedCleanupMs);
    if (cancelSignal.aborted) onCancel();
    if (forceSignal?.aborted === true) onForce();
    cancelSignal.addEventListener('abort', onCancel);
    forceSignal?.addEventListener('abort', onForce);
    this.#release = () => {
      cancelSignal.removeEventListener('abort', onCancel);
      forceSignal?.removeEventListener('abort', onForce);
    };
  }

  /**
   * Begin a call.
   *
   * @param calls How many calls share what is left, this one included.
   * @param overTime The error when its time is over, from the ms that it had.
   * @param limitMs What it may take while nobody is in a hurry. @default 10 000
   */
  start(calls: number, overTime: (limitMs: number) => DockError, limitMs: number = cleanupLimitMs): CleanupShare {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const arm = () => {
      const share = (this.#endsAt - performance.now()) / Math.max(1, calls);
      const limit = Math.max(1, Math.round(Math.min(limitMs, began + limitMs - performance.now(), share)));
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(overTime(Math.round(performance.now() - began))), limit);
    };
    arm();
    this.#shares.add(arm);
    return {
      signal: controller.signal,
      end: () => {
        clearTimeout(timer);
        this.#shares.delete(arm);
      },
    };
  }

  close(): void {
    this.#release();
  }

  #hurry(totalMs: number): void {
    this.#endsAt = Math.min(this.#endsAt, performance.now() + totalMs);
    for (const arm of this.#shares) arm();
  }
}

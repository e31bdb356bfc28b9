import { DockError } from '@dock/core';

/** What a try tells while it works. */
export interface TryPulse {
  /** Data has moved: the time up to now takes nothing from the budget. */
  moved(): void;
  /** Something is over for good: the budget begins anew, and this try was not in vain. */
  advanced(): void;
  /** Says whether everything is sent and the other side works on it: then nothing is cut off. */
  watch(isHeld: () => boolean): void;
}

/** How often a try that is held is looked at again, ms. */
const heldMs = 1000;

/** The time of all tries of one thing: it counts only while nothing moves, and begins anew when something is over for good. */
export class RetryBudget {
  readonly #wholeMs: number;
  #deadline: number;
  #counted = performance.now();
  #isHeld: () => boolean = () => false;
  /** Whether the last try was not in vain. */
  hasAdvanced = false;

  constructor(wholeMs: number) {
    this.#wholeMs = wholeMs;
    this.#deadline = performance.now() + wholeMs;
  }

  beginTry(): TryPulse {
    this.hasAdvanced = false;
    this.#isHeld = () => false;
    this.#counted = performance.now();
    return {
      moved: () => {
        const now = performance.now();
        this.#deadline += now - this.#counted;
        this.#counted = now;
      },
      advanced: () => {
        this.hasAdvanced = true;
        this.#counted = performance.now();
        this.#deadline = this.#counted + this.#wholeMs;
      },
      watch: (isHeld) => {
        this.#isHeld = isHeld;
      },
    };
  }

  /** A budget that has less left, or nothing, gets so much, ms. */
  leaveAtLeast(restMs: number): void {
    this.#deadline = Math.max(this.#deadline, performance.now() + restMs);
  }

  hasRoomFor(waitMs: number): boolean {
    return performance.now() + waitMs < this.#deadline;
  }

  /** A signal that is aborted with the given one, or when the budget is used up. */
  limit(signal: AbortSignal): { readonly signal: AbortSignal; isOver(): boolean; release(): void } {
    const own = new AbortController();
    let isOver = false;
    const onAbort = () => own.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const arm = () => setTimeout(look, Math.max(1, this.#deadline - performance.now()));
    const look = () => {
      const now = performance.now();
      if (now >= this.#deadline && this.#isHeld()) this.#deadline = now + heldMs;
      if (now < this.#deadline) {
        timer = arm();
        return;
      }
      isOver = true;
      own.abort(new DockError('TIMEOUT', 'The time for retries is over.'));
    };
    let timer = arm();
    return {
      signal: own.signal,
      isOver: () => isOver,
      release: () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      },
    };
  }
}

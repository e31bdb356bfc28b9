import { setTimeout as wait } from 'node:timers/promises';
import { DockError, isDockError, toDockError } from '@dock/core';

/** How often and how long to try. */
export interface RetryLimits {
  /** Tries after the first. */
  readonly retries: number;
  /** Wait before the first retry, ms. */
  readonly backoffMs: number;
  /** Time for all tries and waits together in which no data moves, ms; a first try that took longer leaves {@link lateRetryMs}. */
  readonly budgetMs: number;
  readonly signal: AbortSignal;
}

/** What came of it, and how many tries it took. */
export type Attempted<Value> =
  | { readonly attempts: number; readonly value: Value }
  | { readonly attempts: number; readonly error: DockError };

/** Longest wait that a registry may ask for with Retry-After, ms. */
const longestWaitMs = 60_000;
/** Time for retries after a first try that used up the budget, ms. */
const lateRetryMs = 20_000;

const transientCodes: ReadonlySet<string> = new Set(['REGISTRY_ERROR', 'REGISTRY_UNREACHABLE', 'DAEMON_PROTOCOL']);

/** Whether trying again may help: 408, 429, 5xx, a reset, a registry that is away, a cut stream; never a refusal or a time limit. */
export function isTransient(error: unknown): boolean {
  return isDockError(error) && error.retryable && transientCodes.has(error.code);
}

/** The wait before retry `number` (from 1), ms: doubled each time, a quarter of jitter, at least what the registry asked for. */
function waitBefore(number: number, error: DockError, backoffMs: number): number {
  const jitter = 0.75 + Math.random() / 2;
  const asked = error.details?.['retryAfterMs'];
  const backoff = Math.min(backoffMs * 2 ** (number - 1) * jitter, longestWaitMs);
  return Math.round(Math.max(backoff, typeof asked === 'number' ? asked : 0));
}

/** A signal that is aborted with the given one, or at a deadline, which may move on meanwhile. */
function limited(
  signal: AbortSignal,
  deadline: () => number,
): { signal: AbortSignal; isOver(): boolean; release(): void } {
  const own = new AbortController();
  let isOver = false;
  const onAbort = () => own.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const arm = () => setTimeout(look, Math.max(1, deadline() - performance.now()));
  const look = () => {
    if (performance.now() < deadline()) {
      timer = arm();
      return;
    }
    isOver = true;
    own.abort(new DockError('TIMEOUT', 'The time for retries is over.'));
  };
  let timer = arm();
  const release = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  };
  return { signal: own.signal, isOver: () => isOver, release };
}

/**
 * Try until it works, fails for good, or tries or time are used up. Never rejects: the last real error is in the outcome.
 * A retry that runs into the end of the budget counts as a try and keeps the error of the one before.
 *
 * @param work Calls `onMoved` when data has moved: the time up to then takes nothing from the budget.
 */
export async function withRetries<Value>(
  work: (signal: AbortSignal, onMoved: () => void) => Promise<Value>,
  limits: RetryLimits,
  onRetry?: (error: DockError, waitMs: number) => void,
): Promise<Attempted<Value>> {
  let deadline = performance.now() + limits.budgetMs;
  let failure: DockError | undefined;
  for (let attempts = 1; ; attempts += 1) {
    const limit = failure === undefined ? undefined : limited(limits.signal, () => deadline);
    let counted = performance.now();
    const onMoved = () => {
      const now = performance.now();
      deadline += now - counted;
      counted = now;
    };
    try {
      return { attempts, value: await work(limit?.signal ?? limits.signal, onMoved) };
    } catch (caught) {
      const isOutOfTime = limit?.isOver() === true && !limits.signal.aborted;
      failure = isOutOfTime && failure !== undefined ? failure : toDockError(caught);
      if (isOutOfTime || limits.signal.aborted || !isTransient(failure) || attempts > limits.retries)
        return { attempts, error: failure };
    } finally {
      limit?.release();
    }
    const now = performance.now();
    if (attempts === 1 && now >= deadline) deadline = now + lateRetryMs;
    const waitMs = waitBefore(attempts, failure, limits.backoffMs);
    if (waitMs > longestWaitMs || now + waitMs >= deadline) return { attempts, error: failure };
    onRetry?.(failure, waitMs);
    try {
      await wait(waitMs, undefined, { signal: limits.signal });
    } catch {
      return { attempts, error: toDockError(limits.signal.reason) };
    }
  }
}

import { setTimeout as wait } from 'node:timers/promises';
import { type DockError, isDockError, toDockError } from '@dock/core';
import { RetryBudget, type TryPulse } from './retry-budget.js';

/** How often and how long to try. */
export interface RetryLimits {
  /** Tries after the first that bring nothing further; 0 is none at all. @default as many as the budget has room for */
  readonly retries?: number | undefined;
  /** Wait before the first retry, ms. */
  readonly backoffMs: number;
  /** Time for all tries and waits together since something was last brought over, ms; a first try leaves at least {@link lateRetryMs} of it, or all where it is less. */
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  /** A further say in whether a transient failure is tried again. */
  mayRetry?(error: DockError, attempts: number): boolean;
}

/** What came of it, and how many tries it took. */
export type Attempted<Value> =
  | { readonly attempts: number; readonly value: Value }
  | { readonly attempts: number; readonly error: DockError };

/** Longest wait of our own, ms: beyond it a registry gets no better by waiting longer. */
const longestBackoffMs = 5000;
/** Time for retries after a first try that used up the budget, or nearly, ms. */
const lateRetryMs = 20_000;

const transientCodes: ReadonlySet<string> = new Set(['REGISTRY_ERROR', 'REGISTRY_UNREACHABLE', 'DAEMON_PROTOCOL']);

/** Whether trying again may help: 408, 429, 5xx, a reset, a registry that is away, a cut stream; never a refusal or a time limit. */
export function isTransient(error: unknown): boolean {
  return isDockError(error) && error.retryable && transientCodes.has(error.code);
}

/** The wait before the next try after `fruitless` ones in a row, ms: doubled each time, a quarter of jitter, at least what the registry asked for. */
function waitAfter(fruitless: number, error: DockError, backoffMs: number): number {
  const jitter = 0.75 + Math.random() / 2;
  const asked = error.details?.['retryAfterMs'];
  const backoff = Math.min(backoffMs * 2 ** Math.max(0, fruitless - 1), Math.max(longestBackoffMs, backoffMs)) * jitter;
  return Math.round(Math.max(backoff, typeof asked === 'number' ? asked : 0));
}

/**
 * Try until it works, fails for good, or tries or time are used up. Never rejects: the last real error is in the outcome.
 * A retry that runs into the end of the budget counts as a try and keeps the error of the one before.
 */
export async function withRetries<Value>(
  work: (signal: AbortSignal, pulse: TryPulse) => Promise<Value>,
  limits: RetryLimits,
  onRetry?: (error: DockError, waitMs: number) => void,
): Promise<Attempted<Value>> {
  const budget = new RetryBudget(limits.budgetMs);
  const { retries = Number.POSITIVE_INFINITY, signal } = limits;
  let failure: DockError | undefined;
  let fruitless = 0;
  for (let attempts = 1; ; attempts += 1) {
    const limit = failure === undefined ? undefined : budget.limit(signal);
    const pulse = budget.beginTry();
    try {
      return { attempts, value: await work(limit?.signal ?? signal, pulse) };
    } catch (caught) {
      const isOutOfTime = limit?.isOver() === true && !signal.aborted;
      failure = isOutOfTime && failure !== undefined ? failure : toDockError(caught);
      const mayRetry = isTransient(failure) && (limits.mayRetry?.(failure, attempts) ?? true);
      if (isOutOfTime || signal.aborted || !mayRetry || retries === 0) return { attempts, error: failure };
    } finally {
      limit?.release();
    }
    fruitless = budget.hasAdvanced ? 0 : fruitless + 1;
    if (attempts === 1) budget.leaveAtLeast(Math.min(lateRetryMs, limits.budgetMs));
    const waitMs = waitAfter(fruitless, failure, limits.backoffMs);
    if (fruitless > retries || !budget.hasRoomFor(waitMs)) return { attempts, error: failure };
    onRetry?.(failure, waitMs);
    try {
      await wait(waitMs, undefined, { signal });
    } catch {
      return { attempts, error: toDockError(signal.reason) };
    }
  }
}

import { DockError, type EngineEvent } from '@dock/core';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { watchMovement } from '../src/moving-data.js';
import { isTransient, withRetries } from '../src/retry.js';

afterEach(() => void jest.useRealTimers());

const limits = { retries: 3, backoffMs: 1, budgetMs: 5000, signal: new AbortController().signal };
const busy = (details: Record<string, unknown> = {}) => new DockError('REGISTRY_ERROR', 'Status 503.', { details });

/** Fails with each error in turn, then gives the number of the try. */
function failing(...errors: unknown[]) {
  let tries = 0;
  return async () => {
    tries += 1;
    const error = errors.shift();
    if (error !== undefined) throw error;
    return tries;
  };
}

describe('withRetries', () => {
  test('tries a transient failure again until it works, and counts', async () => {
    const waits: number[] = [];
    const outcome = await withRetries(failing(busy(), busy()), limits, (_, waitMs) => waits.push(waitMs));
    expect(outcome).toEqual({ attempts: 3, value: 3 });
    expect(waits).toHaveLength(2);
  });

  test('stops after the retries that it was given, with the last error', async () => {
    const last = busy();
    const outcome = await withRetries(failing(busy(), busy(), last, busy()), { ...limits, retries: 2 });
    expect(outcome).toEqual({ attempts: 3, error: last });
  });

  test.each([
    ['AUTH_FAILED', 1],
    ['PUSH_REFUSED', 1],
    ['PUSH_TIMEOUT', 1],
    ['DAEMON_LOST', 1],
    ['TAG_MOVED', 1],
    ['REGISTRY_ERROR', 2],
    ['REGISTRY_UNREACHABLE', 2],
    ['DAEMON_PROTOCOL', 2],
  ] as const)('of %s it makes %i tries', async (code, attempts) => {
    const outcome = await withRetries(failing(new DockError(code, 'No.')), limits);
    expect(outcome.attempts).toBe(attempts);
  });

  test('does not try a registry error again that says so itself', () => {
    expect(isTransient(new DockError('REGISTRY_ERROR', 'No.', { retryable: false }))).toBe(false);
  });

  test('waits at least as long as the registry asks for', async () => {
    const waits: number[] = [];
    const outcome = await withRetries(failing(busy({ retryAfterMs: 40 })), limits, (_, waitMs) => waits.push(waitMs));
    expect(outcome.attempts).toBe(2);
    expect(waits[0]).toBeGreaterThanOrEqual(40);
  });

  test.each([[61_000], [6000]])('does not wait %i ms when the budget is shorter', async (retryAfterMs) => {
    const outcome = await withRetries(failing(busy({ retryAfterMs })), limits);
    expect(outcome).toMatchObject({ attempts: 1, error: { code: 'REGISTRY_ERROR' } });
  });

  test('without a number of retries tries for as long as the budget has room', async () => {
    const errors = Array.from({ length: 8 }, () => busy());
    expect(await withRetries(failing(...errors), { ...limits, retries: undefined })).toEqual({
      attempts: 9,
      value: 9,
    });
    const outcome = await withRetries(async () => Promise.reject(busy()), {
      ...limits,
      retries: undefined,
      backoffMs: 20,
      budgetMs: 400,
    });
    expect(outcome.attempts).toBeGreaterThan(3);
  });

  test.each([
    [0, 1],
    [1, 4],
  ])('of a try that got further, with %i retries, %i tries in all', async (retries, attempts) => {
    let tries = 0;
    const outcome = await withRetries(
      async (_, pulse) => {
        tries += 1;
        if (tries < 3) pulse.advanced();
        throw busy();
      },
      { ...limits, retries },
    );
    expect(outcome.attempts).toBe(attempts);
  });

  test('does not cut off a try that waits for the other side to store what it has', async () => {
    let tries = 0;
    const outcome = await withRetries(
      async (signal, pulse) => {
        tries += 1;
        if (tries === 1) throw busy();
        pulse.watch(() => true);
        await new Promise((resolve) => setTimeout(resolve, 300));
        signal.throwIfAborted();
        return 'stored';
      },
      { ...limits, budgetMs: 100 },
    );
    expect(outcome).toEqual({ attempts: 2, value: 'stored' });
  });

  test('doubles its wait', async () => {
    const waits: number[] = [];
    await withRetries(failing(busy(), busy(), busy()), { ...limits, backoffMs: 16 }, (_, waitMs) => waits.push(waitMs));
    const [first = 0, second = 0, third = 0] = waits;
    expect(first).toBeGreaterThanOrEqual(12);
    expect(first).toBeLessThanOrEqual(20);
    expect(second).toBeGreaterThanOrEqual(24);
    expect(third).toBeGreaterThanOrEqual(48);
  });

  test('ends a retry at the end of the budget, with the real error', async () => {
    const first = busy();
    let tries = 0;
    const outcome = await withRetries(
      async (signal) => {
        tries += 1;
        if (tries === 1) throw first;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new DockError('CANCELLED', 'The call was cancelled.')), {
            once: true,
          });
        });
      },
      { ...limits, budgetMs: 100 },
    );
    expect(outcome).toEqual({ attempts: 2, error: first });
  });

  test.each([
    ['is not ended by the budget while data moves', true],
    ['is ended by the budget while none moves', false],
  ])('a retry %s', async (_, isMoving) => {
    jest.useFakeTimers();
    const error = busy();
    let tries = 0;
    const outcome = await withRetries(
      async (signal, pulse) => {
        tries += 1;
        if (tries === 1) throw error;
        for (let step = 0; step < 10; step += 1) {
          jest.advanceTimersByTime(60);
          if (isMoving) pulse.moved();
        }
        signal.throwIfAborted();
        return 'out';
      },
      { ...limits, budgetMs: 100 },
    );
    expect(outcome).toEqual({ attempts: 2, ...(isMoving ? { value: 'out' } : { error }) });
  });

  test.each([
    ['nearly used up its time', 69_900],
    ['took longer than all of it', 75_000],
  ])('leaves 20 s for retries when the first try %s', async (_, tookMs) => {
    jest.useFakeTimers();
    const error = busy();
    let tries = 0;
    const attempt = async (retryMs: number) => {
      tries = 0;
      return withRetries(
        async (signal) => {
          tries += 1;
          jest.advanceTimersByTime(tries === 1 ? tookMs : retryMs);
          if (tries === 1) throw error;
          signal.throwIfAborted();
          return 'out';
        },
        { ...limits, budgetMs: 70_000 },
      );
    };
    expect(await attempt(19_000)).toEqual({ attempts: 2, value: 'out' });
    expect(await attempt(21_000)).toEqual({ attempts: 2, error });
  });

  test('stops at once when the run is cancelled during a wait', async () => {
    const controller = new AbortController();
    const outcome = withRetries(failing(busy()), { ...limits, backoffMs: 4000, signal: controller.signal }, () =>
      controller.abort(new DockError('CANCELLED', 'The run was cancelled.')),
    );
    await expect(outcome).resolves.toMatchObject({ attempts: 1, error: { code: 'CANCELLED' } });
  });

  test('turns what is no error of dock into one, and does not try again', async () => {
    const outcome = await withRetries(failing(new TypeError('x is not a function')), limits);
    expect(outcome).toMatchObject({ attempts: 1, error: { message: expect.stringContaining('x is not a function') } });
  });
});

test('data moves when a layer comes further than before, not when words are repeated', () => {
  let moves = 0;
  const watch = watchMovement(() => (moves += 1));
  const pushing = (layer: string, current?: number): EngineEvent => ({
    type: 'push.progress',
    reference: 'a/b:1',
    layer,
    status: 'Pushing',
    ...(current === undefined ? {} : { current }),
  });
  for (const event of [pushing('one', 5), pushing('two', 3), pushing('one', 9)]) watch(event);
  expect(moves).toBe(3);
  for (const event of [pushing('one', 9), pushing('one', 4), pushing('one'), pushing('two', 0)]) watch(event);
  watch({ type: 'log', level: 'info', message: 'Retrying in 5 seconds' });
  expect(moves).toBe(3);
});

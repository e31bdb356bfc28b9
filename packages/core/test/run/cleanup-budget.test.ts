import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DockError } from '@dock/core';
import { CleanupBudget } from '../../src/run/cleanup-budget.js';
import { CleanupStack } from '../../src/run/cleanup-stack.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Runs an undo that takes that long; what is told of it. */
async function toldOf(durationMs: number, plugin?: string): Promise<string[]> {
  const stack = new CleanupStack();
  const told: string[] = [];
  const undo = () => new Promise<void>((resolve) => setTimeout(resolve, durationMs));
  stack.add('remove it', undo, plugin === undefined ? {} : { plugin });
  const budget = new CleanupBudget(new AbortController().signal, undefined);
  const running = stack.run(budget, ({ message }) => told.push(message));
  await jest.advanceTimersByTimeAsync(durationMs);
  await running;
  return told;
}

const tooLong = (ms: number) => [`Cleaning up "remove it" took longer than ${ms} ms.`];

describe('while nobody is in a hurry', () => {
  test.each<[string, number, string | undefined, readonly string[]]>([
    ['a plugin has 10 s', 9_000, 'p', []],
    ['a plugin has no more', 11_000, 'p', tooLong(10_000)],
    ['dock itself waits for an engine whose disk is busy', 50_000, undefined, []],
    ['dock itself does not wait for ever', 61_000, undefined, tooLong(60_000)],
  ])('%s', async (_case, durationMs, plugin, told) => {
    expect(await toldOf(durationMs, plugin)).toEqual(told);
  });
});

test('a cancelled run shares 5 s out, whoever asks', () => {
  const cancelling = new AbortController();
  const budget = new CleanupBudget(cancelling.signal, undefined);
  cancelling.abort();
  const share = budget.start(2, (ms) => new DockError('TIMEOUT', `${ms}`), 60_000);
  jest.advanceTimersByTime(2_499);
  expect(share.signal.aborted).toBe(false);
  jest.advanceTimersByTime(1);
  expect(share.signal.aborted).toBe(true);
  budget.close();
});

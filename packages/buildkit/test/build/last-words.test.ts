import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { LastWords } from '../../src/build/last-words.js';

const { signal } = new AbortController();
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A wait, and what it has settled with so far. */
function waiting(words: LastWords, status: Promise<void>): { outcome: boolean | undefined } {
  const seen: { outcome: boolean | undefined } = { outcome: undefined };
  void words.wait(status, signal).then((outcome) => (seen.outcome = outcome));
  return seen;
}

describe('the last words of a build', () => {
  test('are waited for as long as they come, however long that takes', async () => {
    const words = new LastWords({ isWaiting: false });
    let end = (): void => undefined;
    const seen = waiting(words, new Promise((resolve) => (end = resolve)));
    for (let heard = 0; heard < 10; heard += 1) {
      await jest.advanceTimersByTimeAsync(4000);
      words.heard();
    }
    expect(seen.outcome).toBeUndefined();
    end();
    await jest.advanceTimersByTimeAsync(0);
    expect(seen.outcome).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('are given up after five seconds of silence', async () => {
    const words = new LastWords({ isWaiting: false });
    const seen = waiting(words, new Promise(() => undefined));
    await jest.advanceTimersByTimeAsync(3000);
    words.heard();
    await jest.advanceTimersByTimeAsync(4900);
    expect(seen.outcome).toBeUndefined();
    await jest.advanceTimersByTimeAsync(200);
    expect(seen.outcome).toBe(false);
  });

  test('are not given up while whoever takes the events is behind', async () => {
    const gate = { isWaiting: true };
    const seen = waiting(new LastWords(gate), new Promise(() => undefined));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(seen.outcome).toBeUndefined();
    gate.isWaiting = false;
    await jest.advanceTimersByTimeAsync(5000);
    expect(seen.outcome).toBe(false);
  });
});

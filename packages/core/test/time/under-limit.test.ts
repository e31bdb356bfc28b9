import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { DockError } from '../../src/errors/dock-error.js';
import { orCancelled } from '../../src/time/or-cancelled.js';
import { underLimit } from '../../src/time/under-limit.js';

const overTime = () => new DockError('TIMEOUT', 'Over.');
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('work under a limit', () => {
  test('gives what it comes to, and leaves no listener at the signal of its caller', async () => {
    const { signal } = new AbortController();
    expect(await underLimit({ signal, limitMs: 60_000, overTime }, async (own) => own.aborted)).toBe(false);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is aborted with the error of the limit', async () => {
    await expect(underLimit({ limitMs: 5, overTime }, untilAborted)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test('is aborted with the reason of its caller, also when that came before', async () => {
    const caller = new AbortController();
    const work = underLimit({ signal: caller.signal, limitMs: 0, overTime }, untilAborted);
    caller.abort('SIGINT');
    await expect(work).rejects.toBe('SIGINT');
    const seen = await underLimit({ signal: caller.signal, limitMs: 0, overTime }, async (own) => own.reason as string);
    expect(seen).toBe('SIGINT');
  });

  test('is waited for when it does not look at its signal, unless it is raced', async () => {
    const slow = () => new Promise<string>((resolve) => setTimeout(resolve, 40, 'done'));
    expect(await underLimit({ limitMs: 5, overTime }, slow)).toBe('done');
    const raced = underLimit({ limitMs: 5, overTime }, (signal) => orCancelled(slow(), signal));
    await expect(raced).rejects.toMatchObject({ code: 'TIMEOUT', message: 'Over.' });
  });
});

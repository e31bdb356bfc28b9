import { describe, expect, test } from '@jest/globals';
import { DockError } from '@dock/core';
import { raceCall } from '../../src/transport/race-call.js';
import { errorOf } from '../engine-fixture.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('raceCall', () => {
  test('names the call and the limit when the deadline passes, and lets the call go', async () => {
    let given: AbortSignal | undefined;
    const error = await errorOf(
      raceCall('looking', { timeoutMs: 20 }, (signal) => {
        given = signal;
        return never();
      }),
    );
    expect(error).toMatchObject({
      code: 'TIMEOUT',
      message: 'Looking took longer than 0.02 s.',
      details: { call: 'looking', timeoutMs: 20 },
    });
    expect(given?.aborted).toBe(true);
  });

  test('settles at once when the signal is aborted, though the call never does', async () => {
    const own = new AbortController();
    const racing = errorOf(raceCall('looking', { timeoutMs: 0, signal: own.signal }, never));
    own.abort();
    expect(await racing).toMatchObject({ code: 'CANCELLED', message: 'Looking was cancelled.' });
  });

  test('hands on the reason of the signal when it is an error of dock', async () => {
    const reason = new DockError('TIMEOUT', 'the run took too long');
    const error = await errorOf(raceCall('looking', { timeoutMs: 0, signal: AbortSignal.abort(reason) }, never));
    expect(error).toBe(reason);
  });

  test('does not begin a call under an aborted signal', async () => {
    let isBegun = false;
    await errorOf(
      raceCall('looking', { timeoutMs: 0, signal: AbortSignal.abort() }, async () => {
        isBegun = true;
      }),
    );
    expect(isBegun).toBe(false);
  });

  test('aborts the call’s own signal after success, so that it holds nothing', async () => {
    let given: AbortSignal | undefined;
    await raceCall('looking', { timeoutMs: 0 }, async (signal) => {
      given = signal;
    });
    expect(given?.aborted).toBe(true);
  });
});

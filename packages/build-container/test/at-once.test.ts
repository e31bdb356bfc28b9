import { describe, expect, test } from '@jest/globals';
import { atOnce } from '../src/host/at-once.js';
import { orCancelled } from '@dock/core/internal';

const never = () => new AbortController().signal;
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('two things at once', () => {
  test('give both results', async () => {
    const phases: string[] = [];
    const strands = [
      { phase: 'endpoint', work: async () => 1 },
      { phase: 'source', work: async () => 'a' },
    ] as const;
    expect(await atOnce(strands, never(), (phase) => phases.push(phase))).toEqual([1, 'a']);
    expect(phases).toEqual([]);
  });

  test('the first failure counts, in its own phase, once the other has stopped', async () => {
    const phases: string[] = [];
    let hasStopped = false;
    const strands = [
      {
        phase: 'endpoint',
        work: async (signal: AbortSignal) => {
          await untilAborted(signal).catch(() => undefined);
          await Promise.resolve();
          hasStopped = true;
          throw new Error('later');
        },
      },
      {
        phase: 'source',
        work: async (_signal: AbortSignal, setPhase: (phase: 'config') => void) => {
          setPhase('config');
          throw new Error('first');
        },
      },
    ] as const;
    await expect(atOnce(strands, never(), (phase) => phases.push(phase))).rejects.toThrow('first');
    expect({ phases, hasStopped }).toEqual({ phases: ['config'], hasStopped: true });
  });

  test('a signal that neither looked at counts all the same', async () => {
    const abort = new AbortController();
    const strands = [
      { phase: 'endpoint', work: async () => abort.abort('SIGINT') },
      { phase: 'source', work: async () => 'a' },
    ] as const;
    await expect(atOnce(strands, abort.signal, () => undefined)).rejects.toMatchObject({
      code: 'CANCELLED',
      exitStatus: 130,
    });
  });

  test('work that looks at no signal is not waited for any longer', async () => {
    const abort = new AbortController();
    const done = orCancelled(new Promise(() => undefined), abort.signal);
    abort.abort('SIGINT');
    await expect(done).rejects.toMatchObject({ code: 'CANCELLED', exitStatus: 130 });
    await expect(orCancelled(Promise.resolve(1), abort.signal)).rejects.toMatchObject({
      code: 'CANCELLED',
      exitStatus: 130,
    });
    expect(await orCancelled(Promise.resolve(1), never())).toBe(1);
  });

  test('a signal from outside stops both', async () => {
    const abort = new AbortController();
    const phases: string[] = [];
    const strands = [
      { phase: 'endpoint', work: untilAborted },
      { phase: 'source', work: untilAborted },
    ] as const;
    const done = atOnce(strands, abort.signal, (phase) => phases.push(phase));
    abort.abort(new Error('enough'));
    await expect(done).rejects.toThrow('enough');
    expect(phases).toEqual(['endpoint']);
  });
});

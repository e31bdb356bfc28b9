import { describe, expect, test } from '@jest/globals';
import { DockError } from '@dock/core';
import type { ContainerEngine } from '@dock/engine';
import { collectResult, type EndedContainer } from '../src/host/container-outcome.js';
import { EventReader } from '../src/host/event-reader.js';
import { withLastLines } from '../src/host/last-lines.js';

type GetFile = ContainerEngine['getFile'];

const ended: EndedContainer = {
  id: 'c',
  buildImage: 'build:1',
  state: { exitCode: 0, isOomKilled: false } as EndedContainer['state'],
  events: new EventReader({ runId: 'r', onEvent: () => undefined, ...{ onState: () => undefined } }),
  lastLines: ['it said', 'so much'],
};
const signals = { isCancelled: false, forceSignal: undefined };
const engine = (getFile: GetFile) => ({ getFile }) as ContainerEngine;

describe('the outcome of a build container', () => {
  test.each<[string, GetFile, string]>([
    ['a result that cannot be read', async () => Buffer.from('{}'), 'RESULT_INVALID'],
    ['no result', async () => undefined, 'RESULT_MISSING'],
    [
      'a result that is too large',
      async () => {
        throw new DockError('RESULT_TOO_LARGE', 'It is too large.');
      },
      'RESULT_TOO_LARGE',
    ],
  ])('with %s has the last lines', async (_, getFile, code) => {
    await expect(collectResult(engine(getFile), ended, signals)).rejects.toMatchObject({
      code,
      details: { lastLines: ended.lastLines },
    });
  });

  test('is read in limited time, and not when nobody wants to wait', async () => {
    const limits: (number | undefined)[] = [];
    const hanging: GetFile = (_id, _path, { signal, timeoutMs }) =>
      new Promise((_, reject) => {
        limits.push(timeoutMs);
        signal?.addEventListener('abort', () => reject(new DockError('CANCELLED', 'Cut.')));
      });
    const forcing = new AbortController();
    const reading = collectResult(engine(hanging), ended, { isCancelled: true, forceSignal: forcing.signal });
    forcing.abort();
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(limits).toEqual([15_000]);
  });
});

test('last lines go to an error that has none, and to nothing else', () => {
  const error = new DockError('EVENTS_BROKEN', 'Broken.', { details: { a: 1 } });
  expect(withLastLines(error, ['x'])).toMatchObject({ code: 'EVENTS_BROKEN', details: { a: 1, lastLines: ['x'] } });
  expect(withLastLines(error, [])).toBe(error);
  const own = new DockError('EVENTS_BROKEN', 'Broken.', { details: { lastLines: ['own'] } });
  expect(withLastLines(own, ['x'])).toBe(own);
  expect(withLastLines('text', ['x'])).toBe('text');
});

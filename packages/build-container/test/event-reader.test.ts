import { describe, expect, test } from '@jest/globals';
import type { DockEvent } from '@dock/core';
import { EventReader } from '../src/host/event-reader.js';

const stamp = { v: 1, time: '2026-01-01T00:00:00.000Z', run: 'r' } as const;
const log = (seq: number, message: string) => ({ ...stamp, seq, type: 'log', level: 'info', message });
const end = (seq: number) => ({ ...stamp, seq, type: 'run.end', status: 'ok', exitStatus: 0, durationMs: 1 });
const lines = (...values: object[]) => Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));

function read(...pieces: Uint8Array[]): { events: DockEvent[]; reader: EventReader } {
  const events: DockEvent[] = [];
  const reader = new EventReader({ runId: 'r', onEvent: (event) => events.push(event) });
  for (const piece of pieces) reader.push(piece);
  return { events, reader };
}

describe('EventReader', () => {
  test('reads events that arrive byte by byte, characters of several bytes among them', () => {
    const bytes = lines(log(1, 'grüße 🚢'), end(2));
    const { events, reader } = read(...[...bytes].map((byte) => Uint8Array.of(byte)));
    reader.end();
    expect(events).toEqual([log(1, 'grüße 🚢'), end(2)]);
  });

  test.each([
    ['a gap', lines(log(1, 'a'), log(3, 'b')), /after event 1 comes event 3/],
    ['a repetition', lines(log(1, 'a'), log(1, 'b')), /after event 1 comes event 1/],
    ['another run', lines({ ...log(1, 'a'), run: 'x' }), /of another run, "x"/],
    ['garbage', Buffer.from('Segmentation fault\n'), /comes "Segmentation fault", which is not JSON/],
    ['an event of a type that is none', lines({ ...log(1, 'a'), type: 'x' }), /which is no event/],
    ['an event without its fields', lines({ ...stamp, seq: 1, type: 'log', level: 'info' }), /which is no event/],
    ['words after the end', lines(end(1), log(2, 'a')), /comes after "run.end"/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(
      expect.objectContaining({ code: 'EVENTS_BROKEN', message: expect.stringMatching(message) }),
    );
  });

  test.each([
    ['without run.end', lines(log(1, 'a')), /ends without "run.end", after event 1/],
    ['inside of a line', Buffer.from('{"v":1'), /ends inside of a line/],
  ])('refuses a stream that ends %s', (_, bytes, message) => {
    const { reader } = read(bytes);
    expect(() => reader.end()).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
  });

  test('takes a refusal instead of the first event only', () => {
    const refusal = { refusal: { code: 'BUILD_IMAGE_NO_NODE', detail: '16.0.0' } };
    expect(read(lines(refusal)).reader.refusal).toEqual(refusal.refusal);
    expect(() => read(lines(log(1, 'a'), refusal))).toThrow(/which is no event/);
  });

  test('takes lines of the state of the run between the events, and after them, without a number', () => {
    const states: unknown[] = [];
    const reader = new EventReader({ runId: 'r', onEvent: () => undefined, onState: (line) => states.push(line) });
    const note = { note: 1, what: { kind: 'lent-name', name: 'host/app:1', image: 'sha256:a', previous: 'sha256:b' } };
    reader.push(lines({ state: note }, log(1, 'a'), { state: { facts: { names: ['a:1'] } } }, end(2)));
    reader.push(lines({ state: { done: 1 } }));
    reader.end();
    expect(states).toEqual([note, { facts: { names: ['a:1'] } }, { done: 1 }]);
    const wrong = { state: { note: 1, what: { kind: 'container', id: 5 } } };
    expect(() => read(lines(wrong))).toThrow(/which is no state of a run/);
  });

  test('takes secrets between the events, without a number, and quotes none that is wrong', () => {
    const secrets: string[] = [];
    const reader = new EventReader({ runId: 'r', onEvent: () => undefined, onSecret: (value) => secrets.push(value) });
    reader.push(lines({ secret: 'early' }, log(1, 'a'), { secret: 'later' }, end(2)));
    reader.end();
    expect(secrets).toEqual(['early', 'later']);
    expect(() => read(lines(log(1, 'a'), { secret: ['hush'] }))).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
  });
});

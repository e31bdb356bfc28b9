import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DockEvent, EventBody } from '../../src/contracts/event.js';
import { createEventSink } from '../../src/events/event-sink.js';
import { type LogTrouble, openLogFile } from '../../src/events/log-file.js';
import { createSecretMasker } from '../../src/masking/secret-masker.js';

const log = (message: string): EventBody => ({ type: 'log', level: 'info', message });
const step = (text: string): EventBody => ({ type: 'step.log', step: '1', stream: 'stdout', text });

describe('the sink', () => {
  test('numbers and stamps, and nothing in an event can forge that', () => {
    const events: DockEvent[] = [];
    const sink = createEventSink('r', createSecretMasker(), [(event) => events.push(event)]);
    sink.emit(Object.assign(log('a'), { seq: 9, run: 'other', v: 7, time: 'never' }));
    expect(events).toEqual([
      { v: 1, seq: 1, run: 'r', time: expect.stringMatching(/Z$/), type: 'log', level: 'info', message: 'a' },
    ]);
  });

  test('gives every writer the same order, also when one speaks up in the middle', () => {
    const events: string[] = [];
    const sink = createEventSink('r', createSecretMasker(), [
      (event) => event.seq === 1 && sink.emit(log('trouble')),
      (event) => events.push(`${event.seq} ${event.type === 'log' ? event.message : ''}`),
    ]);
    sink.emit(log('first'));
    expect(events).toEqual(['1 first', '2 trouble']);
  });

  test('masks a secret across chunks and in the name of a step, and lets go at the end of the step', () => {
    const events: DockEvent[] = [];
    const masker = createSecretMasker();
    masker.add('hunter2');
    const sink = createEventSink('r', masker, [(event) => events.push(event)]);
    sink.emit(step('a hun'));
    sink.emit(step('ter2 b hun'));
    sink.emit({ type: 'step.log', step: 'hunter2', stream: 'stdout', text: 'x' });
    sink.emit({ type: 'step.end', step: '1', status: 'ok', isCached: false, durationMs: 1 });
    const texts = events.map((event) => (event.type === 'step.log' ? event.text : event.type));
    expect(texts).toEqual(['a ', '*** b ', 'x', 'hun', 'step.end']);
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });

  test('says nothing once it is closed', () => {
    const events: DockEvent[] = [];
    const sink = createEventSink('r', createSecretMasker(), [(event) => events.push(event)]);
    sink.close();
    sink.emit(log('late'));
    sink.flush();
    expect(events).toEqual([]);
  });
});

describe('the log file', () => {
  let directory: string;
  let told: LogTrouble[];
  const event = (seq: number, message = 'm'): DockEvent => ({
    v: 1,
    seq,
    time: 't',
    run: 'r',
    type: 'log',
    level: 'info',
    message,
  });
  const end: DockEvent = { v: 1, seq: 99, time: 't', run: 'r', type: 'phase.start', phase: 'build' };
  const lines = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as DockEvent);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dock-log-'));
    told = [];
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('is private, and has every event as a line', () => {
    const path = join(directory, 'run', 'events.ndjson');
    const file = openLogFile(join(directory, 'run'), (trouble) => told.push(trouble));
    for (let seq = 1; seq <= 2000; seq++) file.write(event(seq));
    file.close();
    file.close();
    file.write(event(1));
    expect(file.path).toBe(path);
    expect(lines(path).map(({ seq }) => seq)).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    expect([statSync(path).mode & 0o777, statSync(join(directory, 'run')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(told).toEqual([]);
  });

  test('is on the disk at once when a phase begins, and soon otherwise, so that a killed process leaves it', async () => {
    const file = openLogFile(directory, (trouble) => told.push(trouble));
    const path = join(directory, 'events.ndjson');
    file.write(event(1));
    file.write(end);
    expect(lines(path)).toHaveLength(2);
    file.write(event(100));
    const deadline = Date.now() + 5_000;
    while (lines(path).length < 3 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(lines(path)).toHaveLength(3);
    file.close();
  });

  test('ends at its limit with an event that says so, in bytes, and tells it once', () => {
    const file = openLogFile(directory, (trouble) => told.push(trouble), 500);
    for (let seq = 1; seq <= 50; seq++) file.write(event(seq, 'ü'.repeat(20)));
    file.close();
    const written = lines(join(directory, 'events.ndjson'));
    expect(written.map(({ seq }) => seq)).toEqual(written.map((_, index) => index + 1));
    expect(written.at(-1)).toMatchObject({
      v: 1,
      run: 'r',
      type: 'log',
      level: 'warn',
      message: expect.stringContaining('500 bytes'),
    });
    expect(statSync(join(directory, 'events.ndjson')).size).toBeLessThan(500 + 200);
    expect(told).toEqual([{ message: expect.stringContaining('not complete') }]);
  });

  test('that cannot be opened is told once, and swallows what is written', () => {
    writeFileSync(join(directory, 'file'), '');
    const file = openLogFile(join(directory, 'file', 'run'), (trouble) => told.push(trouble));
    file.write(event(1));
    file.flush();
    file.close();
    expect(file.path).toBeUndefined();
    expect(told).toEqual([{ message: expect.stringContaining('could not be opened') }]);
  });

  test('on a full disk is told once as DISK_FULL, and never throws', () => {
    symlinkSync('/dev/full', join(directory, 'events.ndjson'));
    const file = openLogFile(directory, (trouble) => told.push(trouble));
    file.write(event(1));
    file.write(end);
    file.write(end);
    file.close();
    expect(told).toEqual([{ code: 'DISK_FULL', message: expect.stringContaining('ENOSPC') }]);
  });
});

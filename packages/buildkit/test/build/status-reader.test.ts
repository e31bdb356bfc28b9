import { describe, expect, test } from '@jest/globals';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { EngineEvent } from '@dock/core';
import { type BuildAnswer, StatusReader } from '../../src/build/status-reader.js';
import { StatusResponseSchema } from '../../src/wire/control_pb.js';

type Message = MessageInitShape<typeof StatusResponseSchema>;

const text = (value: string) => new TextEncoder().encode(value);
const time = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 });

interface Step {
  readonly digest: string;
  readonly name: string;
  readonly cached?: boolean;
  readonly started?: number;
  readonly completed?: number;
  readonly error?: string;
}

const vertexes = (...steps: Step[]): Message => ({
  vertexes: steps.map(({ started, completed, ...step }) => ({
    ...step,
    ...(started === undefined ? {} : { started: time(started) }),
    ...(completed === undefined ? {} : { completed: time(completed) }),
  })),
});
const log = (vertex: string, stream: bigint, msg: Uint8Array) => ({ vertex, stream, msg });

const built: BuildAnswer = { imageId: `sha256:${'b'.repeat(64)}`, failure: undefined };
const failed = (message: string, vertex?: string): BuildAnswer => ({
  imageId: undefined,
  failure: { message },
  vertex,
});

function read(messages: readonly Message[], answer: BuildAnswer = built, isCancelled = false) {
  const events: EngineEvent[] = [];
  const reader = new StatusReader((event) => events.push(event));
  for (const message of messages) reader.take(create(StatusResponseSchema, message));
  return { events, evidence: reader.finish(answer, isCancelled) };
}

const run = { digest: 'd2', name: '[build 2/3] RUN make', started: 1000 };
const context = { digest: 'd4', name: '[internal] load build context' };

describe('StatusReader', () => {
  test('turns steps and logs into events, with positions and durations', () => {
    const { events, evidence } = read([
      vertexes({ digest: 'd1', name: '[1/3] FROM x', started: 500, completed: 500, cached: true }, run),
      {
        logs: [log('d2', 1n, text('out\n')), log('d2', 2n, text('err\n'))],
        ...vertexes({ ...run, completed: 1250 }),
      },
    ]);
    expect(events).toEqual([
      { type: 'step.start', step: '1', name: '[1/3] FROM x', index: 1, total: 3 },
      { type: 'step.start', step: '2', name: '[build 2/3] RUN make', index: 2, total: 3 },
      { type: 'step.end', step: '1', status: 'ok', isCached: true, durationMs: 0 },
      { type: 'step.log', step: '2', stream: 'stdout', text: 'out\n' },
      { type: 'step.log', step: '2', stream: 'stderr', text: 'err\n' },
      { type: 'step.end', step: '2', status: 'ok', isCached: false, durationMs: 250 },
    ]);
    expect(evidence).toMatchObject({ imageId: built.imageId, failure: undefined });
  });

  test('keeps a character whole whose second half comes after the end of its step was told', () => {
    const [head, tail] = [text('größer').subarray(0, 3), text('größer').subarray(3)];
    const other = { digest: 'd3', name: '[3/3] RUN true', started: 1300 };
    const { events } = read([
      vertexes(run),
      { logs: [log('d2', 1n, head)], ...vertexes({ ...run, completed: 1250 }) },
      vertexes(other),
      { logs: [log('d2', 1n, tail)] },
    ]);
    const printed = events.flatMap((event) => (event.type === 'step.log' ? [event.text] : [])).join('');
    expect(printed).toBe('größer');
  });

  test('ends a character that never becomes whole with the build', () => {
    const { events, evidence } = read([
      vertexes(run),
      { logs: [log('d2', 1n, text('ö').subarray(0, 1))], ...vertexes({ ...run, completed: 1250 }) },
    ]);
    const printed = events.flatMap((event) => (event.type === 'step.log' ? [event.text] : [])).join('');
    expect([printed, evidence.lastLines]).toEqual(['\uFFFD', ['\uFFFD']]);
  });

  test('a step that ends and begins again at once is one, with the time of all its parts', () => {
    const { events } = read([
      vertexes({ ...context, started: 1000, completed: 1001 }),
      vertexes({ ...context, started: 1002 }),
      { statuses: [{ vertex: 'd4', id: 'transferring context:', name: 'transferring', current: 2048n }] },
      vertexes({ ...context, started: 1002, completed: 4002 }),
    ]);
    expect(events).toEqual([
      { type: 'step.start', step: '1', name: context.name },
      { type: 'step.progress', step: '1', status: 'transferring context', current: 2048 },
      { type: 'step.end', step: '1', status: 'ok', isCached: false, durationMs: 3001 },
    ]);
  });

  test('the same holds within one message', () => {
    const { events } = read([
      vertexes({ ...context, started: 1000, completed: 1001 }, { ...context, started: 1002, completed: 1012 }),
    ]);
    expect(events).toEqual([
      { type: 'step.start', step: '1', name: context.name },
      { type: 'step.end', step: '1', status: 'ok', isCached: false, durationMs: 11 },
    ]);
  });

  test('one that begins again later is opened again, and its failure is told', () => {
    const { events, evidence } = read(
      [
        vertexes({ ...context, started: 1000, completed: 1001 }),
        vertexes(run),
        vertexes({ ...context, started: 2000 }),
        vertexes({ ...context, started: 2000, completed: 2500, error: 'no such file' }),
      ],
      failed('failed to compute cache key: no such file'),
    );
    expect(events.filter((event) => 'step' in event && event.step === '1')).toEqual([
      { type: 'step.start', step: '1', name: context.name },
      { type: 'step.end', step: '1', status: 'ok', isCached: false, durationMs: 1 },
      { type: 'step.start', step: '1', name: context.name },
      { type: 'step.end', step: '1', status: 'failed', isCached: false, durationMs: 501, message: 'no such file' },
    ]);
    expect(evidence.step).toMatchObject({ name: context.name });
  });

  test('one that failed and then went well after all did not fail', () => {
    const { evidence, events } = read([
      vertexes({ ...run, completed: 1100, error: 'try again' }),
      vertexes({ ...run, started: 1200, completed: 1300 }),
    ]);
    expect(evidence).toMatchObject({ failure: undefined, step: undefined });
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
  });

  test('an image is a build that worked, though the builder went on without something: that is a warning', () => {
    const cache = { digest: 'd9', name: 'importing cache manifest from r.example/none', started: 1 };
    const missing = vertexes({ ...cache, completed: 2, error: '503 Service Unavailable' });
    const { events, evidence } = read([missing]);
    expect(evidence).toMatchObject({ imageId: built.imageId, failure: undefined, step: undefined });
    expect(events.at(-1)).toEqual({
      type: 'warning',
      message: 'The cache "r.example/none" cannot be read: 503 Service Unavailable',
    });
    expect(read([missing], { imageId: undefined, failure: undefined }).evidence.failure).toEqual({
      message: '503 Service Unavailable',
    });
    expect(read([missing], failed('told')).evidence.failure).toEqual({ message: 'told' });
  });

  test('a cache that is not there yet is no failure but a note', () => {
    const cache = { digest: 'd9', name: 'importing cache manifest from r.example/none', started: 1 };
    const { events } = read([vertexes({ ...cache, completed: 2, error: 'r.example/none: not found' })]);
    expect(events.slice(-2)).toEqual([
      { type: 'step.end', step: '1', status: 'ok', isCached: false, durationMs: 1 },
      { type: 'log', level: 'info', message: 'The cache "r.example/none" is not there yet.' },
    ]);
  });

  test('keeps characters whole over log messages', () => {
    const [first, second] = [Buffer.from('ž').subarray(0, 1), Buffer.from('ž').subarray(1)];
    const { events } = read([vertexes(run), { logs: [log('d2', 1n, first)] }, { logs: [log('d2', 1n, second)] }]);
    expect(events.filter(({ type }) => type === 'step.log')).toEqual([
      { type: 'step.log', step: '1', stream: 'stdout', text: 'ž' },
    ]);
  });

  test('blames the step that failed, not those that were cancelled beside it, and keeps its own last lines', () => {
    const other = { digest: 'd3', name: '[other 1/1] RUN sleep', started: 1000 };
    const { evidence } = read(
      [
        vertexes(run, other),
        { logs: [log('d3', 1n, text('other\n')), log('d2', 1n, text('mine\n'))] },
        vertexes({ ...other, completed: 2000, error: 'context canceled' }),
        vertexes({ ...run, completed: 2000, error: 'exit code: 3' }),
      ],
      failed('executor failed running [make]: exit code: 3'),
    );
    expect(evidence.step).toMatchObject({ name: '[build 2/3] RUN make', index: 2, total: 3 });
    expect(evidence.lastLines).toEqual(['mine']);
  });

  test('a step that was stopped is cancelled, whatever its command ended with; so is what is open when the run stops the build', () => {
    const other = { digest: 'd3', name: '[other 1/1] RUN sleep', started: 1000 };
    const stopped = {
      ...other,
      completed: 2000,
      error: 'process "sleep" did not complete successfully: exit code: 137: context canceled',
    };
    const ends = (events: readonly EngineEvent[]) =>
      events.flatMap((event) => (event.type === 'step.end' ? [[event.step, event.status, event.message]] : []));
    const failure = vertexes(stopped, { ...run, completed: 2000, error: 'exit code: 3' });
    expect(ends(read([vertexes(run, other), failure], failed('exit code: 3')).events)).toEqual([
      ['2', 'cancelled', undefined],
      ['1', 'failed', 'exit code: 3'],
    ]);
    expect(ends(read([vertexes(run, other)], failed('stopped'), true).events)).toEqual([
      ['1', 'cancelled', undefined],
      ['2', 'cancelled', undefined],
    ]);
    expect(ends(read([vertexes(run)], failed('lost')).events)).toEqual([['1', 'failed', 'lost']]);
  });

  test('where the builder names the step, it is that one; else the one with its last words, else the first', () => {
    const other = { digest: 'd3', name: '[other 1/1] RUN b', started: 1000, completed: 1001, error: 'exit code: 1' };
    const steps = vertexes(other, { ...run, completed: 2000, error: 'exit code: 3' });
    expect(read([steps], failed('exit code: 3', 'd2')).evidence.step).toMatchObject({ name: run.name });
    expect(read([steps], failed('exit code: 3')).evidence.step).toMatchObject({ name: run.name });
    expect(read([steps], failed('no')).evidence.step).toMatchObject({ name: other.name });
  });

  test('a failed step fails the build even when the builder has no error of its own', () => {
    const { evidence } = read([vertexes({ ...run, completed: 2000, error: 'exit code: 3' })], {
      imageId: undefined,
      failure: undefined,
    });
    expect(evidence.failure).toEqual({ message: 'exit code: 3' });
  });

  test('says once per step and limit that the builder left out output', () => {
    const note = (limit: string) => log('d2', 1n, text(`abc\n[output clipped, log limit ${limit} reached]\n`));
    const { events, evidence } = read(
      [
        vertexes(run),
        { logs: [note('200KiB/s'), note('200KiB/s')] },
        { logs: [note('2MiB')], ...vertexes({ ...run, completed: 1250, error: 'exit code: 2' }) },
      ],
      failed('exit code: 2'),
    );
    expect(events.filter(({ type }) => type === 'warning')).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/"\[build 2\/3\] RUN make".*200KiB\/s/) }),
      expect.objectContaining({ message: expect.stringMatching(/2MiB/) }),
    ]);
    expect(evidence.outputLimits).toEqual(['200KiB/s', '2MiB']);
  });

  test('tells a warning of the frontend once, with what it says beside it', () => {
    const warning = {
      short: text('JSONArgsRecommended: JSON arguments recommended for CMD'),
      detail: [text('because of signals')],
      url: 'https://docs.example/rule',
      ranges: [{ start: { line: 3 } }],
    };
    expect(read([{ warnings: [warning, warning] }]).events).toEqual([
      {
        type: 'warning',
        message: 'JSONArgsRecommended: JSON arguments recommended for CMD',
        hint: 'because of signals See https://docs.example/rule.',
      },
    ]);
  });

  test('tells the bytes of a base as a pull', () => {
    const from = { digest: 'd1', name: '[1/2] FROM r.example/x:1', started: 1 };
    const layer = `sha256:${'a'.repeat(64)}`;
    const statuses = [{ vertex: 'd1', id: layer, name: 'downloading', current: 5n, total: 10n }];
    expect(read([vertexes(from), { statuses }]).events[1]).toEqual({
      type: 'pull.progress',
      reference: 'r.example/x:1',
      layer,
      status: 'downloading',
      current: 5,
      total: 10,
    });
  });
});

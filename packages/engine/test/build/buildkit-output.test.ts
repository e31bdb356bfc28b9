import { describe, expect, test } from '@jest/globals';
import type { EngineEvent } from '@dock/core';
import { buildFailure } from '../../src/build/build-failure.js';
import { BuildkitOutput } from '../../src/build/buildkit-output.js';
import { decodeTrace } from '../../src/build/trace.js';
import { ProtoWriter, readFields } from '../../../buildkit/src/session/protobuf.js';

const text = (value: string) => new TextEncoder().encode(value);
const time = (ms: number) =>
  new ProtoWriter()
    .integer(1, Math.floor(ms / 1000))
    .integer(2, (ms % 1000) * 1_000_000)
    .finish();

interface Vertex {
  readonly digest: string;
  readonly name: string;
  readonly cached?: boolean;
  readonly started?: number;
  readonly completed?: number;
  readonly error?: string;
}

function vertex({ digest, name, cached = false, started, completed, error = '' }: Vertex): Uint8Array {
  const writer = new ProtoWriter().text(1, digest).text(3, name).integer(4, cached);
  if (started !== undefined) writer.bytes(5, time(started), { always: true });
  if (completed !== undefined) writer.bytes(6, time(completed), { always: true });
  return writer.text(7, error).finish();
}

const log = (digest: string, stream: number, bytes: Uint8Array) =>
  new ProtoWriter().text(1, digest).integer(3, stream).bytes(4, bytes).finish();

function trace(parts: { vertexes?: Vertex[]; logs?: Uint8Array[] }): { id: string; aux: string } {
  const writer = new ProtoWriter();
  for (const each of parts.vertexes ?? []) writer.bytes(1, vertex(each));
  for (const each of parts.logs ?? []) writer.bytes(3, each);
  return { id: 'moby.buildkit.trace', aux: Buffer.from(writer.finish()).toString('base64') };
}

function read(messages: readonly object[], failure?: { message: string }) {
  const events: EngineEvent[] = [];
  const output = new BuildkitOutput((event) => events.push(event));
  for (const message of messages) output.message(message as never);
  return { events, evidence: output.finish(failure) };
}

const run = { digest: 'd2', name: '[build 2/3] RUN make', started: 1000 };

describe('BuildkitOutput', () => {
  test('turns vertexes and logs into steps, with positions and durations', () => {
    const { events, evidence } = read([
      trace({ vertexes: [{ digest: 'd1', name: '[1/3] FROM x', started: 500, completed: 500, cached: true }, run] }),
      trace({
        logs: [log('d2', 1, text('out\n')), log('d2', 2, text('err\n'))],
        vertexes: [{ ...run, completed: 1250 }],
      }),
      { id: 'moby.image.id', aux: { ID: `sha256:${'b'.repeat(64)}` } },
    ]);
    expect(events).toEqual([
      { type: 'step.start', step: '1', name: '[1/3] FROM x', index: 1, total: 3 },
      { type: 'step.start', step: '2', name: '[build 2/3] RUN make', index: 2, total: 3 },
      { type: 'step.end', step: '1', status: 'ok', isCached: true, durationMs: 0 },
      { type: 'step.log', step: '2', stream: 'stdout', text: 'out\n' },
      { type: 'step.log', step: '2', stream: 'stderr', text: 'err\n' },
      { type: 'step.end', step: '2', status: 'ok', isCached: false, durationMs: 250 },
    ]);
    expect(evidence).toMatchObject({ imageId: `sha256:${'b'.repeat(64)}`, failure: undefined });
  });

  test('an image is a build that worked, though the builder went on without something: that is a warning', () => {
    const cache = { digest: 'd9', name: 'importing cache manifest from r.example/none', started: 1 };
    const failed = trace({ vertexes: [{ ...cache, completed: 2, error: 'not found' }] });
    const { events, evidence } = read([failed, { id: 'moby.image.id', aux: { ID: `sha256:${'b'.repeat(64)}` } }]);
    expect(evidence).toMatchObject({ imageId: `sha256:${'b'.repeat(64)}`, failure: undefined, step: undefined });
    expect(events.at(-1)).toEqual({
      type: 'warning',
      message: '"importing cache manifest from r.example/none" failed, and the builder went on without it: not found',
    });
    expect(read([failed]).evidence.failure).toEqual({ message: 'not found' });
    expect(read([failed], { message: 'told' }).evidence.failure).toEqual({ message: 'told' });
  });

  test('keeps characters whole over log messages', () => {
    const [first, second] = [Buffer.from('ž').subarray(0, 1), Buffer.from('ž').subarray(1)];
    const { events } = read([
      trace({ vertexes: [run] }),
      trace({ logs: [log('d2', 1, first)] }),
      trace({ logs: [log('d2', 1, second)] }),
    ]);
    expect(events.filter(({ type }) => type === 'step.log')).toEqual([
      { type: 'step.log', step: '1', stream: 'stdout', text: 'ž' },
    ]);
  });

  test('blames the step that failed, not those that were cancelled beside it, and keeps its own last lines', () => {
    const { evidence } = read(
      [
        trace({ vertexes: [run, { digest: 'd3', name: '[other 1/1] RUN sleep', started: 1000 }] }),
        trace({ logs: [log('d3', 1, text('other\n')), log('d2', 1, text('mine\n'))] }),
        trace({
          vertexes: [
            { digest: 'd3', name: '[other 1/1] RUN sleep', started: 1000, completed: 2000, error: 'context canceled' },
          ],
        }),
        trace({ vertexes: [{ ...run, completed: 2000, error: 'exit code: 3' }] }),
      ],
      { message: 'executor failed running [make]: exit code: 3' },
    );
    expect(evidence.step).toMatchObject({ name: '[build 2/3] RUN make', index: 2, total: 3 });
    expect(evidence.lastLines).toEqual(['mine']);
  });

  test('a failed vertex fails the build even when the stream has no error of its own', () => {
    const { evidence } = read([trace({ vertexes: [{ ...run, completed: 2000, error: 'exit code: 3' }] })]);
    expect(evidence.failure).toEqual({ message: 'exit code: 3' });
  });

  test('says once per step and limit that the engine left out output, and blames no last line for sure', () => {
    const note = (limit: string) => log('d2', 1, text(`abc\n[output clipped, log limit ${limit} reached]\n`));
    const failed = { ...run, completed: 1250, error: 'exit code: 2' };
    const { events, evidence } = read([
      trace({ vertexes: [run] }),
      trace({ logs: [note('200KiB/s'), note('200KiB/s')] }),
      trace({ logs: [note('2MiB')], vertexes: [failed] }),
    ]);
    const warnings = events.filter(({ type }) => type === 'warning');
    expect(warnings).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/"\[build 2\/3\] RUN make".*200KiB\/s/) }),
      expect.objectContaining({ message: expect.stringMatching(/2MiB/) }),
    ]);
    if (evidence.failure === undefined) throw new Error('the build did not fail');
    const spec = { dockerfile: { path: '/Dockerfile', text: 'FROM x' } };
    const error = buildFailure({ ...evidence, failure: evidence.failure, spec });
    expect(error.hint).toMatch(/200KiB\/s, 2MiB.*--builder classic/);
  });

  test('progress that cannot be read is one warning, not an end', () => {
    const { events, evidence } = read([
      { id: 'moby.buildkit.trace', aux: Buffer.of(0x0a, 0xff).toString('base64') },
      { id: 'moby.buildkit.trace', aux: Buffer.of(0x0a, 0xff).toString('base64') },
      { id: 'moby.image.id', aux: { ID: `sha256:${'b'.repeat(64)}` } },
    ]);
    expect(events.filter(({ type }) => type === 'warning')).toHaveLength(1);
    expect(evidence.imageId).toBeDefined();
  });
});

describe('protobuf', () => {
  test('reads what it writes', () => {
    const message = new ProtoWriter()
      .integer(1, 300)
      .integer(2, -1)
      .text(3, 'ž')
      .bytes(4, Uint8Array.of(0), { always: true })
      .integer(5, 0)
      .finish();
    const fields = readFields(message);
    expect(fields.map(({ number, integer }) => [number, integer])).toEqual([
      [1, 300n],
      [2, 0xffff_ffff_ffff_ffffn],
      [3, 0n],
      [4, 0n],
    ]);
    expect(Buffer.from(fields[2]?.bytes ?? []).toString()).toBe('ž');
  });

  test.each([
    ['a cut varint', [0x08, 0x80]],
    ['a cut field', [0x0a, 0x05, 0x01]],
    ['a group', [0x0b]],
    ['a varint without end', [0x08, ...Array.from({ length: 11 }, () => 0xff), 0x01]],
  ])('refuses %s', (_name, bytes) => {
    expect(() => readFields(Uint8Array.from(bytes))).toThrow(RangeError);
  });

  test('passes over fields that it does not know, fixed ones too', () => {
    const bytes = Uint8Array.from([0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0x55, 2, 0, 0, 0]);
    expect(readFields(bytes).map(({ number, integer }) => [number, integer])).toEqual([
      [9, 1n],
      [10, 2n],
    ]);
    expect(decodeTrace(Buffer.from(bytes).toString('base64'))).toEqual({
      vertexes: [],
      statuses: [],
      logs: [],
      warnings: [],
    });
  });
});

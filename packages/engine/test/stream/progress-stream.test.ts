import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readProgress } from '../../src/stream/progress-stream.js';

function reader() {
  const messages: unknown[] = [];
  const texts: string[] = [];
  return {
    messages,
    texts,
    onMessage: (message: unknown) => messages.push(message),
    onText: (text: string) => texts.push(text),
  };
}

const of = (text: string): Readable => Readable.from([Buffer.from(text)]);

describe('readProgress', () => {
  test.each([
    ['an error with a detail', '{"errorDetail":{"code":3,"message":"no"},"error":"no"}', { message: 'no', code: 3 }],
    ['an error without a detail', '{"error":"no"}', { message: 'no' }],
    ['a detail without an error', '{"errorDetail":{"message":"no"}}', { message: 'no' }],
    ['an error without words', '{"error":""}', { message: 'the engine reports an error without words' }],
  ])('finds %s', async (_name, line, expected) => {
    expect(await readProgress(of(line), reader())).toEqual(expected);
  });

  test('keeps the first error whatever follows, and hands on the lines after it', async () => {
    const seen = reader();
    const text = '{"error":"first"}\n{"stream":"clean-up"}\n{"error":"second"}\nend\n';
    expect(await readProgress(of(text), seen)).toEqual({ message: 'first' });
    expect(seen.messages).toContainEqual({ stream: 'clean-up' });
    expect(seen.texts).toEqual(['end']);
  });

  test('keeps the first error when the stream breaks after it', async () => {
    const stream = new PassThrough();
    const reading = readProgress(stream, reader());
    stream.write('{"error":"first"}\n');
    await new Promise((resolve) => setImmediate(resolve));
    stream.destroy(new Error('aborted'));
    expect(await reading).toEqual({ message: 'first' });
  });

  test('rejects with the stream’s own error when there is no other', async () => {
    const stream = new PassThrough();
    const reading = readProgress(stream, reader());
    stream.write('{"stream":"a"}\n');
    setImmediate(() => stream.destroy(new Error('aborted')));
    await expect(reading).rejects.toThrow('aborted');
  });

  test('takes strings, numbers and broken lines as text', async () => {
    const seen = reader();
    expect(await readProgress(of('"words"\n5\n{"broken\n[1]\n'), seen)).toBeUndefined();
    expect(seen.texts).toEqual(['words', '5', '{"broken', '[1]']);
    expect(seen.messages).toEqual([]);
  });

  test('ends a stream that is silent for too long', async () => {
    const stream = new PassThrough();
    await expect(readProgress(stream, { ...reader(), idleTimeoutMs: 30 })).rejects.toThrow(
      'The engine sent nothing for 0.03 s',
    );
    expect(stream.destroyed).toBe(true);
  });
});

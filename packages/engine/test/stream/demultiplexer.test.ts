import { describe, expect, test } from '@jest/globals';
import { frames } from '@dock/testing';
import { Demultiplexer, FrameError } from '../../src/stream/demultiplexer.js';

function collect(chunks: readonly Uint8Array[]): {
  stdout: string;
  stderr: string;
  order: string;
} {
  const pieces: { stream: string; bytes: Buffer }[] = [];
  const demultiplexer = new Demultiplexer((stream, piece) => pieces.push({ stream, bytes: Buffer.from(piece) }));
  for (const chunk of chunks) demultiplexer.push(chunk);
  const text = (stream?: string): string =>
    Buffer.concat(
      pieces.filter((piece) => stream === undefined || piece.stream === stream).map(({ bytes }) => bytes),
    ).toString('utf8');
  return { stdout: text('stdout'), stderr: text('stderr'), order: text() };
}

const everyByte = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte));

describe('Demultiplexer', () => {
  test('tells the streams apart and keeps their order', () => {
    const all = Buffer.concat([frames.stdout('one '), frames.stderr('two '), frames.stdout('three')]);
    expect(collect([all])).toEqual({
      stdout: 'one three',
      stderr: 'two ',
      order: 'one two three',
    });
  });

  test('takes 100,000 frames of one byte in one chunk, and byte by byte', () => {
    const text = Array.from({ length: 100_000 }, (_value, index) => String(index % 10)).join('');
    const all = Buffer.concat(Array.from(text, (char) => frames.stdout(char)));
    expect(collect([all]).stdout).toBe(text);
    expect(collect(everyByte(all.subarray(0, 9000))).stdout).toBe(text.slice(0, 1000));
  });

  test('hands on a frame of 32 MiB in the pieces that come, without keeping it', () => {
    const frame = frames.stdout(Buffer.alloc(32 * 1024 * 1024, 'x'));
    let largest = 0;
    let total = 0;
    const demultiplexer = new Demultiplexer((_stream, piece) => {
      largest = Math.max(largest, piece.length);
      total += piece.length;
    });
    for (let at = 0; at < frame.length; at += 65_536) demultiplexer.push(frame.subarray(at, at + 65_536));
    expect({ largest, total }).toEqual({ largest: 65_536, total: 32 * 1024 * 1024 });
  });

  test.each([1, 4, 7, 8, 9])('reads frames that are cut at byte %i', (cut) => {
    const all = Buffer.concat([frames.stdout('héllo'), frames.stderr('wörld')]);
    expect(collect([all.subarray(0, cut), all.subarray(cut)])).toMatchObject({ stdout: 'héllo', stderr: 'wörld' });
  });

  test('takes stream 0 for standard output, as the engine does', () => {
    const frame = frames.stdout('in');
    frame[0] = 0;
    expect(collect([frame]).stdout).toBe('in');
  });

  test('passes over empty frames', () => {
    expect(collect([frames.stdout(''), frames.stdout('a'), frames.stderr('')]).order).toBe('a');
  });

  test('keeps what came of a frame that is cut off', () => {
    expect(collect([frames.stdout('abcdef').subarray(0, 11)])).toMatchObject({ stdout: 'abc' });
  });

  test('says what the engine reports on stream 3', () => {
    expect(() => collect([frames.stdout('a'), frames.systemError('disk on fire')])).toThrow(
      new FrameError('the engine reports: disk on fire'),
    );
  });

  test('refuses a head that is none', () => {
    expect(() => collect([Buffer.from('hello world')])).toThrow('a frame begins with stream 104, which does not exist');
  });
});

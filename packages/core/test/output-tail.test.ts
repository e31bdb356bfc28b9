import { describe, expect, test } from '@jest/globals';
import { LineTail, OutputTail, StreamDecoders } from '../src/text/output-tail.js';

describe('OutputTail', () => {
  test('keeps everything under its limit', () => {
    const tail = new OutputTail(100);
    for (const piece of ['a', 'b', 'c']) tail.push(Buffer.from(piece));
    expect({ text: tail.text(), isCut: tail.isCut }).toEqual({ text: 'abc', isCut: false });
  });

  test('keeps the last bytes over it, from a whole character on', () => {
    const tail = new OutputTail(5);
    tail.push(Buffer.from('xxxxžžž'));
    expect({ text: tail.text(), isCut: tail.isCut }).toEqual({ text: 'žž', isCut: true });
  });

  test('stays within its limit for a million small pieces', () => {
    const tail = new OutputTail(1000);
    for (let at = 0; at < 1_000_000; at += 1) tail.push(Buffer.of(97 + (at % 26)));
    expect(tail.text()).toHaveLength(1000);
    expect(tail.text().endsWith(String.fromCharCode(97 + (999_999 % 26)))).toBe(true);
  });
});

describe('LineTail', () => {
  test('keeps the last lines of text in pieces, an open one included', () => {
    const tail = new LineTail(3);
    for (const piece of ['one\ntw', 'o\r\nthree\nfour\nfi', 've']) tail.push(piece);
    expect(tail.lines()).toEqual(['three', 'four', 'five']);
    expect(tail.lines(2)).toEqual(['four', 'five']);
  });

  test('cuts a line without end', () => {
    const tail = new LineTail(3);
    for (let at = 0; at < 100; at += 1) tail.push('x'.repeat(1000));
    expect(tail.lines()[0]).toHaveLength(2000);
  });
});

test('StreamDecoders keep characters whole per stream', () => {
  const decoders = new StreamDecoders();
  const [first, second] = [Buffer.from('ž').subarray(0, 1), Buffer.from('ž').subarray(1)];
  expect(decoders.decode('a', first)).toBe('');
  expect(decoders.decode('b', Buffer.from('x'))).toBe('x');
  expect(decoders.decode('a', second)).toBe('ž');
  decoders.decode('a', first);
  expect(decoders.end('a')).toBe('\uFFFD');
});

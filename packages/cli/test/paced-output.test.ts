import { Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { PacedOutput } from '../src/output/paced-output.js';

/** A reader that takes one write at a time, when told to. */
class SlowReader extends Writable {
  readonly seen: string[] = [];
  readonly #waiting: (() => void)[] = [];

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.seen.push(chunk.toString());
    this.#waiting.push(done);
  }

  /** Take everything that was written so far and what comes of it. */
  async readAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      next();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const line = `${'x'.repeat(1023)}\n`;
const mebibyte = line.repeat(1024);

describe('output to a slow reader', () => {
  test('goes out in few writes, in order', async () => {
    const reader = new SlowReader();
    const output = new PacedOutput(reader);
    for (let count = 0; count < 1000; count += 1) output.write(`${count}\n`);
    output.flush();
    await reader.readAll();
    expect(reader.seen.length).toBeLessThan(3);
    expect(reader.seen.join('')).toBe(Array.from({ length: 1000 }, (_, count) => `${count}\n`).join(''));
  });

  test('asks whoever writes to wait, and lets go when the reader has caught up', async () => {
    const reader = new SlowReader();
    const output = new PacedOutput(reader);
    output.write(line);
    expect(output.ready()).toBeUndefined();
    output.write(mebibyte);
    const ready = output.ready();
    expect(ready).toBeInstanceOf(Promise);
    await reader.readAll();
    await ready;
    expect(output.ready()).toBeUndefined();
  });

  test('leaves out what nobody reads and nobody holds back, and says how much', async () => {
    const reader = new SlowReader();
    const output = new PacedOutput(reader, (lines) => `${lines} left out`);
    for (let count = 0; count < 20; count += 1) output.write(mebibyte);
    await reader.readAll();
    output.flush();
    await reader.readAll();
    expect(reader.seen.join('').length).toBeLessThan(18 * mebibyte.length);
    const left = /(\d+) left out\n$/.exec(reader.seen.at(-1) ?? '')?.[1];
    const shown = reader.seen.join('').split(line).length - 1;
    expect(shown + Number(left)).toBe(20 * 1024);
  });

  test('is over without waiting when the reader goes away', async () => {
    const reader = new SlowReader().on('error', () => undefined);
    const output = new PacedOutput(reader);
    output.write(mebibyte);
    output.write(mebibyte);
    const ready = output.ready();
    reader.destroy(new Error('gone'));
    await ready;
    output.write('nobody hears this\n');
    expect(output.ready()).toBeUndefined();
  });
});

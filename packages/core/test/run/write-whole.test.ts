import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeWhole } from '../../src/run/write-whole.js';

let directory: string;
let pipe: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-write-'));
  pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A pipe that refuses what does not fit. */
const open = () => openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);

test('everything goes into a pipe that takes only a part at a time', async () => {
  const text = 'grüße\n'.repeat(50_000);
  const descriptor = open();
  const got = join(directory, 'got');
  const reader = spawn('sh', [
    '-c',
    'echo; head -c "$1" "$2" > "$3"',
    'sh',
    String(Buffer.byteLength(text)),
    pipe,
    got,
  ]);
  await once(reader.stdout, 'data');
  writeWhole(descriptor, text);
  await once(reader, 'exit');
  closeSync(descriptor);
  expect(readFileSync(got, 'utf8') === text).toBe(true);
});

test('a reader that stands still is given up where a limit says so', () => {
  const descriptor = open();
  expect(writeWhole(descriptor, 'x'.repeat(1024 * 1024), 20)).toBeUndefined();
  closeSync(descriptor);
});

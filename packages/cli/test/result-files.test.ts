import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { prepareResultFiles, writeResultFiles } from '../src/run/result-files.js';

const result = { v: 1, status: 'ok', image: { id: 'sha256:1', platforms: [] }, names: [], published: [], warnings: [] };
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-result-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string) => join(directory, name);
/** Both flags with one path in turn, as a run uses them. */
function write(flag: 'metadata-file' | 'iidfile', path: string): string[] {
  return writeResultFiles(prepareResultFiles(directory, { [flag]: path }), result as unknown as BuildResult);
}

describe.each(['metadata-file', 'iidfile'] as const)('--%s', (flag) => {
  const wanted = flag === 'iidfile' ? /^sha256:1$/ : /"status": "ok"/;

  test('writes a new file, and replaces one under its own mode', () => {
    expect(write(flag, 'new')).toEqual([]);
    expect(readFileSync(at('new'), 'utf8')).toMatch(wanted);
    writeFileSync(at('old'), 'before');
    chmodSync(at('old'), 0o640);
    expect(write(flag, 'old')).toEqual([]);
    expect(readFileSync(at('old'), 'utf8')).toMatch(wanted);
    expect(flag === 'iidfile' ? 0o640 : statSync(at('old')).mode & 0o777).toBe(0o640);
  });

  test('replaces a link, as docker does, and leaves what it leads to', () => {
    writeFileSync(at('target'), 'before');
    symlinkSync('target', at('link'));
    symlinkSync('later', at('dangling'));
    for (const name of ['link', 'dangling']) {
      expect(write(flag, name)).toEqual([]);
      expect(lstatSync(at(name)).isFile()).toBe(true);
      expect(readFileSync(at(name), 'utf8')).toMatch(wanted);
    }
    expect([readFileSync(at('target'), 'utf8'), existsSync(at('later'))]).toEqual(['before', false]);
  });

  test('writes to a file that the process has open by a link, and leaves both', () => {
    writeFileSync(at('out'), 'before ');
    const open = openSync(at('out'), 'r+');
    symlinkSync(`/proc/self/fd/${open}`, at('stdout'));
    try {
      expect(write(flag, 'stdout')).toEqual([]);
    } finally {
      closeSync(open);
    }
    expect(lstatSync(at('stdout')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('out'), 'utf8').replace('before ', '')).toMatch(wanted);
  });

  test('leaves a device a device', () => {
    execFileSync('mknod', [at('nul'), 'c', '1', '3']);
    execFileSync('mknod', [at('full'), 'c', '1', '7']);
    expect(write(flag, 'nul')).toEqual([]);
    expect(write(flag, 'full')).toEqual([expect.stringMatching(/full" was not written: .*ENOSPC/)]);
    expect([lstatSync(at('nul')).isCharacterDevice(), lstatSync(at('full')).isCharacterDevice()]).toEqual([true, true]);
  });

  test('gives a pipe to its reader, and waits for none', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    expect(write(flag, 'pipe')).toEqual([expect.stringMatching(/pipe" was not written: .*ENXIO/)]);
    const reader = spawn('sh', ['-c', 'exec 3<>pipe; echo ready; head -n 1 <&3'], { cwd: directory });
    reader.stdout.setEncoding('utf8');
    let said = '';
    reader.stdout.on('data', (text: string) => (said += text));
    await new Promise<void>((resolve) => reader.stdout.once('data', () => resolve()));
    expect(write(flag, 'pipe')).toEqual([]);
    if (flag === 'iidfile') writeFileSync(at('pipe'), '\n');
    await new Promise((resolve) => reader.once('close', resolve));
    expect(said).toMatch(flag === 'iidfile' ? /sha256:1/ : /\{/);
    expect(existsSync(at('pipe'))).toBe(true);
  });
});

describe('two results', () => {
  const both = (metadata: string, iidfile: string) =>
    prepareResultFiles(directory, { 'metadata-file': metadata, iidfile });

  test.each([
    ['one name', 'same', 'same'],
    ['one name, written in two ways', 'same', './x/../same'],
    ['two names of one file', 'there', 'hard'],
    ['a file behind two directories', 'same', 'also/same'],
  ])('for %s are refused, and nothing is removed', (_, metadata, iidfile) => {
    writeFileSync(at('there'), 'precious');
    linkSync(at('there'), at('hard'));
    symlinkSync('.', at('also'));
    for (const [one, other] of [
      [metadata, iidfile],
      [iidfile, metadata],
    ] as const)
      expect(() => both(one, other)).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(/name one file, ".*"\.$/) }),
      );
    expect(readFileSync(at('there'), 'utf8')).toBe('precious');
  });

  test('may both be thrown away', () => {
    expect(both('/dev/null', '/dev/null')).toEqual({ metadata: '/dev/null', imageId: '/dev/null' });
  });
});

test('an image ID of an earlier run that cannot be removed is said in words', () => {
  writeFileSync(at('held'), 'sha256:0');
  execFileSync('mount', ['--bind', at('held'), at('held')]);
  try {
    expect(() => prepareResultFiles(directory, { iidfile: 'held' })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringMatching(
          /^"--iidfile .*held" cannot be written: the file of an earlier run cannot be removed: E/,
        ),
      }),
    );
    expect(readFileSync(at('held'), 'utf8')).toBe('sha256:0');
  } finally {
    execFileSync('umount', [at('held')]);
  }
});

test('the name beside a file under which it is written first cannot be planted', () => {
  writeFileSync(at('victim'), 'precious');
  for (const name of ['meta', 'id'])
    for (const end of [`${process.pid}.tmp`, 'tmp']) symlinkSync('victim', at(`${name}.${end}`));
  const files = prepareResultFiles(directory, { 'metadata-file': 'meta', iidfile: 'id' });
  expect(writeResultFiles(files, result as unknown as BuildResult)).toEqual([]);
  expect(readFileSync(at('victim'), 'utf8')).toBe('precious');
  expect(readFileSync(at('id'), 'utf8')).toBe('sha256:1');
});

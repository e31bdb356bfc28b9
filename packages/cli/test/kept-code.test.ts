import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const starter = new URL('../bin/start.js', import.meta.url).href;
let home: string;
let script: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'dock-kept-code-'));
  script = join(home, 'dock.cjs');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const kept = () => join(home, '.cache', 'dock', 'compiled');
const keptFiles = () => (existsSync(kept()) ? readdirSync(kept()).map((name) => join(kept(), name)) : []);

/** Write the script; its length is the same for each word of three letters. */
function write(word: string, content = 'a1'): void {
  writeFileSync(
    script,
    `/*${content}*/exports.say=async()=>(await __import("node:path")).sep+"${word}"+__address.length;`,
  );
}

/** What the script says in a process of its own. */
function say(env: Readonly<Record<string, string>> = {}, isKept = true, last = ''): string {
  const program = `
    import { pathToFileURL } from 'node:url';
    import { start } from ${JSON.stringify(starter)};
    const { say } = start(pathToFileURL(${JSON.stringify(script)}), { isKept: ${isKept} });
    console.log(await say());${last}`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: home,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
  });
  expect(stderr).toBe('');
  return stdout.trim().replace(/\d+$/, '');
}

test('what Node compiled is kept for this user alone, and runs the next time', () => {
  write('one');
  expect(say()).toBe('/one');
  expect(keptFiles()).toHaveLength(1);
  expect(statSync(kept()).mode & 0o777).toBe(0o700);
  expect(statSync(keptFiles()[0] ?? '').mode & 0o777).toBe(0o600);
  // The same name of the content and the same length: nobody reads the new text, so the old code runs.
  write('two');
  expect(say()).toBe('/one');
});

test('a script of other content is compiled', () => {
  write('one');
  say();
  write('two', 'b2');
  expect(say()).toBe('/two');
  write('six', 'b2');
  expect(say()).toBe('/two');
});

test('code of a few versions is kept side by side, and the oldest goes', () => {
  const versions = ['a1', 'b2', 'c3', 'd4', 'e5'];
  for (const [at, content] of versions.entries()) {
    write('one', content);
    say();
    const newest = keptFiles().find((name) => name.includes(`/${content}-`)) ?? '';
    utimesSync(newest, at + 1, at + 1);
  }
  const left = keptFiles().map((name) => /compiled\/(\w+)-/.exec(name)?.[1]);
  expect(new Set(left)).toEqual(new Set(['b2', 'c3', 'd4', 'e5']));
});

test('damaged code is not run, and replaced', () => {
  write('one');
  say();
  const [file = ''] = keptFiles();
  const whole = readFileSync(file);
  for (const damage of [whole.subarray(0, whole.length - 9), Buffer.alloc(0), Buffer.from(whole).fill(1, 200, 204)]) {
    writeFileSync(file, damage);
    write('two');
    expect(say()).toBe('/two');
    expect(readFileSync(file)).not.toEqual(damage);
  }
});

test('nothing is kept in a directory that others can write to, and nothing there is run', () => {
  write('one');
  say();
  chmodSync(kept(), 0o777);
  write('two');
  expect(say()).toBe('/two');
  chmodSync(kept(), 0o700);
  expect(say()).toBe('/one');
});

test.each([
  ['the directory above', '.cache/dock'],
  ['the cache itself', '.cache'],
])('nothing is kept or run where others may write to %s', (_, above) => {
  write('one');
  say();
  chmodSync(join(home, above), 0o777);
  write('two');
  expect(say()).toBe('/two');
});

test('nothing is kept behind a link, nor relative to where dock runs', () => {
  write('one');
  mkdirSync(join(home, '.cache/dock'), { recursive: true, mode: 0o700 });
  mkdirSync(join(home, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(home, 'elsewhere'), kept());
  expect(say()).toBe('/one');
  expect(readdirSync(join(home, 'elsewhere'))).toEqual([]);
  expect(say({ XDG_CACHE_HOME: 'relative' })).toBe('/one');
  expect(existsSync(join(home, 'relative'))).toBe(false);
});

test('in the home of another user nothing is made', () => {
  if (process.getuid?.() !== 0) return;
  write('one');
  chownSync(home, 65534, 65534);
  expect(say()).toBe('/one');
  expect(existsSync(join(home, '.cache'))).toBe(false);
});

test('without a place to keep it, the script runs all the same', () => {
  write('one');
  mkdirSync(join(home, 'cache'));
  writeFileSync(join(home, 'cache', 'dock'), 'a file');
  expect(say({ XDG_CACHE_HOME: join(home, 'cache') })).toBe('/one');
  expect(say({ HOME: '/proc/nowhere' })).toBe('/one');
  expect(keptFiles()).toEqual([]);
});

test('a run that is none of those to keep code of keeps none, nor one that failed: it has come to little of the code', () => {
  write('one');
  expect(say({}, false)).toBe('/one');
  expect(keptFiles()).toEqual([]);
  expect(say({}, true, 'process.exitCode = 3;')).toBe('/one');
  expect(keptFiles()).toEqual([]);
  expect(say()).toBe('/one');
  expect(keptFiles()).toHaveLength(1);
});

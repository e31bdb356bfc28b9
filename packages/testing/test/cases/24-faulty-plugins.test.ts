import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { runCase } from './dock-case.js';
import { after, before, withFakeBuild } from './fake-build.js';
import { holdToPage } from './held-to-page.js';

holdToPage(24);
import { jsonLines } from '@dock/testing';

const given = withFakeBuild();

const config = (tap: string) => `
import { appendFileSync } from 'node:fs';
const note = (text) => appendFileSync(new URL('notes', import.meta.url), text + '\\n');
const once = { name: 'once', apply(dock) {
  dock.hooks.prebuild.tap('once', async () => { await null; note('once'); });
} };
const faulty = { name: 'faulty', apply(dock) { const prebuild = dock.hooks.prebuild; ${tap} } };
const later = { name: 'later', apply(dock) {
  dock.hooks.prebuild.tap('later', () => note('later'));
  dock.hooks.cleanup.tap('later', () => note('cleanup'));
} };
export default { source: 'context', plugins: [once, faulty, later] };`;

const faults: [string, string, string | RegExp][] = [
  [
    'throws at once, after an asynchronous plugin',
    `prebuild.tapPromise('f', () => { throw new Error('broken') })`,
    'broken',
  ],
  ['returns no promise from tapPromise', `prebuild.tapPromise('f', () => 1)`, 'no promise'],
  ['rejects with undefined', `prebuild.tap('f', () => Promise.reject(undefined))`, 'undefined'],
  ['calls back twice', `prebuild.tapAsync('f', (spec, context, done) => { done(); done(); })`, '2 times'],
  [
    'calls back and then throws',
    `prebuild.tapAsync('f', (spec, context, done) => { done(); throw new Error('after') })`,
    'after',
  ],
  ['returns null', `prebuild.tap('f', () => null)`, 'not a value'],
  [
    'returns what could pollute a prototype',
    `prebuild.tap('f', (spec) => JSON.parse(JSON.stringify(spec).replace('{', '{"__proto__":{"polluted":1},')))`,
    '__proto__',
  ],
  [
    'returns a gigabyte',
    `prebuild.tap('f', (spec) => ({ ...spec, labels: { big: 'x'.repeat(2 ** 29 - 100), more: 'y'.repeat(2 ** 29 - 100) } }))`,
    '16777216 bytes',
  ],
  ['throws 128 MiB', `prebuild.tap('f', () => { throw new Error('x'.repeat(2 ** 27)) })`, 'characters are left out'],
  [
    'returns an instance of a class',
    `prebuild.tap('f', (spec) => ({ ...spec, labels: new Map() }))`,
    'instance of a class',
  ],
];

test.each(faults)('a plugin that %s', async (_, tap, words) => {
  const { project, fake, env, answer } = given();
  answer(jsonLines([...before, ...after]));
  project.write({ 'dock.config.mjs': config(tap) });
  const { result } = await runCase(
    project,
    ['build'],
    { status: 5, code: 'PLUGIN_FAILED', says: ['"faulty"', '"prebuild"', words] },
    { env },
  );
  expect(result.error).toMatchObject({ plugin: 'faulty', hook: 'prebuild' });
  // Later taps ran no time, and not twice; cleaning up came all the same.
  expect(readFileSync(`${project.directory}/notes`, 'utf8').trim().split('\n')).toEqual(['once', 'cleanup']);
  expect(fake.requests.some(({ path }) => path.endsWith('/build'))).toBe(false);
  expect(JSON.stringify(result).length).toBeLessThan(300_000);
});

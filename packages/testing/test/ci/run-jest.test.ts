import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runJest } from '../../../../.ci/jest.mjs';
import { judgeTests } from '../../../../.ci/test-outcome.mjs';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-run-jest-test-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What becomes of a project with one test and one teardown. */
function outcomeOf(testText: string, teardownText: string) {
  const files = {
    'package.json': '{}',
    'teardown.js': `module.exports = async () => { ${teardownText} };`,
    'one.test.js': `test('one', () => { ${testText} });`,
    'jest.json': JSON.stringify({
      rootDir: directory,
      globalTeardown: './teardown.js',
      transform: {},
      watchman: false,
    }),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const words = ['--config', join(directory, 'jest.json'), '--maxWorkers=1'];
  return judgeTests({ first: runJest(words, join(directory, 'report.json'), { stdio: 'ignore' }) });
}

test.each([
  ['passes', '', '', '1 passed, 0 failed, 0 skipped', 0],
  ['fails', "throw new Error('no')", '', '0 passed, 1 failed, 0 skipped', 1],
  ['passes and whose teardown fails', '', "throw new Error('left')", '1 passed, 1 failed, 0 skipped', 1],
  ['fails like its teardown', "throw new Error('no')", "throw new Error('left')", '0 passed, 2 failed, 0 skipped', 1],
])('a run whose test %s is counted so', (_, testText, teardownText, count, status) => {
  const outcome = outcomeOf(testText, teardownText);
  expect([outcome.lines.at(-1), outcome.status]).toEqual([count, status]);
});

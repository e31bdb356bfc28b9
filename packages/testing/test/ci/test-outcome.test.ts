import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  judgeTests,
  pathsToAskAgain,
  readReport,
  type SuiteReport,
  type TestReport,
  testsFailed,
} from '../../../../.ci/test-outcome.mjs';

const suite = (path: string, ...states: string[]): SuiteReport => ({
  path,
  isFailed: states.includes('failed'),
  states,
});
const report = (...suites: SuiteReport[]): TestReport => ({ suites, isBroken: false });
const good = suite('good.test.ts', 'passed', 'passed');
const shaky = suite('shaky.rig.test.ts', 'passed', 'failed');

test('counts on a line of its own, and the run passes when all did', () => {
  expect(judgeTests({ first: report(good) })).toEqual({ lines: ['2 passed, 0 failed, 0 skipped'], status: 0 });
});

test('names a suite that passed alone in the line before the count', () => {
  const again = report(suite(shaky.path, 'passed', 'passed'));
  expect(judgeTests({ first: report(good, shaky), again })).toEqual({
    lines: ['failed beside others, passed alone: shaky.rig.test.ts', '4 passed, 0 failed, 0 skipped'],
    status: 0,
  });
});

test('a suite that fails alone too has failed, and is not named as risen', () => {
  expect(judgeTests({ first: report(good, shaky), again: report(shaky) })).toEqual({
    lines: ['3 passed, 1 failed, 0 skipped'],
    status: 1,
  });
});

test('a suite that was asked again and did not report has failed', () => {
  expect(judgeTests({ first: report(good, shaky), again: report() })).toMatchObject({ status: 1 });
});

test.each([
  ['the first run', { first: { suites: [good], isBroken: true } }],
  [
    'the second',
    { first: report(good, shaky), again: { suites: [suite(shaky.path, 'passed', 'passed')], isBroken: true } },
  ],
])('a teardown that fails in %s fails the run', (_, reports) => {
  const { lines, status } = judgeTests(reports);
  expect(status).toBe(1);
  expect(lines[0]).toMatch(/a setup, a teardown or the test runner itself failed/);
  expect(lines.at(-1)).toMatch(/^\d+ passed, 1 failed, 0 skipped$/);
});

test('a suite that cannot be loaded counts as a failed test', () => {
  const broken: SuiteReport = { path: 'broken.test.ts', isFailed: true, states: [] };
  expect(judgeTests({ first: report(good, broken) })).toEqual({ lines: ['2 passed, 1 failed, 0 skipped'], status: 1 });
});

test('a run without tests, or with one that is skipped, does not pass; a filter may leave some out', () => {
  const half = suite('half.test.ts', 'passed', 'pending');
  expect(judgeTests({ first: report() }).status).toBe(1);
  expect(judgeTests({ first: report(half) }).status).toBe(1);
  expect(judgeTests({ first: report(half), isFiltered: true })).toEqual({
    lines: ['1 passed, 0 failed, 1 skipped'],
    status: 0,
  });
});

test('asks few suites of real parts again, and no others', () => {
  const many = Array.from({ length: 5 }, (_, index) => suite(`${index}.rig.test.ts`, 'failed'));
  expect(pathsToAskAgain(report(good, shaky))).toEqual([shaky.path]);
  expect(pathsToAskAgain(report(good, shaky, suite('unit.test.ts', 'failed')))).toEqual([]);
  expect(pathsToAskAgain(report(...many))).toEqual([]);
});

test('a report is broken when nobody wrote it, or the run ended with more than failed tests', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dock-outcome-test-'));
  const file = join(directory, 'report.json');
  try {
    expect(readReport(file, 0)).toEqual({ suites: [], isBroken: true });
    writeFileSync(file, JSON.stringify([good]));
    expect(readReport(file, 0)).toEqual({ suites: [good], isBroken: false });
    expect(readReport(file, testsFailed).isBroken).toBe(false);
    expect(readReport(file, 1).isBroken).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

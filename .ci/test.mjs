// The README's test command: install what is needed, check, start the rig, run every test, and count.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { check } from './check.mjs';
import { setup } from './setup.mjs';
import { root, run } from './steps.mjs';

/** How many suites that failed beside others may be asked again; more than that is no accident. */
const mostAskedAgain = 4;

const directory = mkdtempSync(join(tmpdir(), 'dock-test-'));

/** Run jest. @returns its report: `{ success, testResults: [{ name, status, assertionResults }] }` */
function jest(name, args) {
  const file = join(directory, `${name}.json`);
  run(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${file}`,
      ...args,
    ],
    { cwd: root },
  );
  return JSON.parse(readFileSync(file, 'utf8'));
}

const isFailed = ({ status }) => status === 'failed';

/** Suites of real parts share engines and two cores: one that fails beside others is run once more, alone, and that is said. */
function askAgain(suites) {
  const paths = suites.filter(isFailed).map(({ name }) => relative(root, name));
  const isAccident = paths.length <= mostAskedAgain && paths.every((path) => path.endsWith('.rig.test.ts'));
  if (paths.length === 0 || !isAccident) return suites;
  console.log(`\nfailed beside others, now alone: ${paths.join(', ')}\n`);
  const again = jest('again', ['--selectProjects=rig', '--maxWorkers=1', '--runTestsByPath', ...paths]).testResults;
  for (const suite of again)
    console.log(`${relative(root, suite.name)}: failed beside others, ${isFailed(suite) ? 'failed' : 'passed'} alone`);
  return [...suites.filter((suite) => !isFailed(suite)), ...again];
}

/** What became of all tests. A suite that cannot be loaded has no tests to fail, so it counts as one. */
function countOf(suites) {
  const states = suites.flatMap((suite) => {
    const tests = suite.assertionResults.map(({ status }) => status);
    return isFailed(suite) && !tests.includes('failed') ? [...tests, 'failed'] : tests;
  });
  const [passed, failed] = ['passed', 'failed'].map((wanted) => states.filter((state) => state === wanted).length);
  return { passed, failed, skipped: states.length - passed - failed };
}

try {
  setup();
  check();
  const report = jest('first', process.argv.slice(2));
  const suites = askAgain(report.testResults);
  const { passed, failed, skipped } = countOf(suites);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  // jest also fails for what is no test's: a setup or a teardown.
  const isComplete = report.success || report.testResults.some(isFailed);
  process.exitCode = isComplete && failed === 0 && passed > 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

// The README's test command: install what is needed, check, start the rig, run every test, and count.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check.mjs';
import { setup } from './setup.mjs';
import { root, run } from './steps.mjs';

const directory = mkdtempSync(join(tmpdir(), 'dock-test-'));

/** Run jest and read what came of it. */
function jest(name, args) {
  const report = join(directory, `${name}.json`);
  const status = run(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${report}`,
      ...args,
    ],
    { cwd: root },
  );
  return { status, ...JSON.parse(readFileSync(report, 'utf8')) };
}

/** Failed tests; a file that cannot be loaded has none to fail, so it counts as one. */
const failures = ({ numFailedTests, numRuntimeErrorTestSuites }) => numFailedTests + numRuntimeErrorTestSuites;

try {
  setup();
  check();
  const first = jest('first', process.argv.slice(2));
  let failed = failures(first);
  let passed = first.numPassedTests;
  if (failed > 0 && failed <= 5) {
    // Real engines on a busy machine: a few failures are looked at once more, alone, and named whatever comes of it.
    const files = first.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
    const second = jest('second', ['--runInBand', '--runTestsByPath', ...files]);
    const unstable = failed - failures(second);
    console.error(`\n${unstable} of ${failed} failed tests passed when run again; they are unstable and need repair:`);
    for (const { assertionResults } of first.testResults)
      for (const { status, fullName } of assertionResults) if (status === 'failed') console.error(`  ${fullName}`);
    failed = failures(second);
    passed += Math.max(0, unstable);
  }
  console.log(`${passed} passed, ${failed} failed, ${first.numPendingTests + first.numTodoTests} skipped`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

// The README's test command: install what is needed, check, start the rig, run every test, and count.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from './check.mjs';
import { setup } from './setup.mjs';
import { root, run } from './steps.mjs';

const directory = mkdtempSync(join(tmpdir(), 'dock-test-'));
const report = join(directory, 'report.json');
try {
  setup();
  check();
  const status = run(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${report}`,
      ...process.argv.slice(2),
    ],
    { cwd: root },
  );
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A suite that cannot be loaded has no tests to fail, so it counts as one.
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  console.log(`${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`);
  process.exitCode = status === 0 && failed === 0 && numPassedTests > 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

// One way to start jest, for every command that runs tests.
import { fileURLToPath } from 'node:url';
import { run } from './steps.mjs';
import { reportVariable } from './test-report.mjs';
import { readReport, testsFailed } from './test-outcome.mjs';

/** What Node is started with to run jest in the repository. */
export const jestArgs = [
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];

const reporter = fileURLToPath(new URL('test-report.mjs', import.meta.url));

/**
 * Run jest, its output shown.
 *
 * @param words for jest
 * @param file where the report of the run goes
 * @param options as of `run`
 * @returns `{ suites, isBroken }`: see test-outcome.mjs
 */
export function runJest(words, file, { env, ...options } = {}) {
  const reporters = ['--reporters=default', `--reporters=${reporter}`];
  const args = [...jestArgs, ...reporters, `--testFailureExitCode=${testsFailed}`, ...words];
  const status = run(process.execPath, args, { ...options, env: { ...env, [reportVariable]: file } });
  return readReport(file, status);
}

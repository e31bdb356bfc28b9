// A reporter of jest: what became of each suite, written before the teardown, whose failure would take jest's own report with it.
import { writeFileSync } from 'node:fs';

/** Where the report goes: `[{ path, isFailed, states }]`. */
export const reportVariable = 'DOCK_TEST_REPORT';

export default class TestReport {
  onRunComplete(_contexts, { testResults }) {
    const suites = testResults.map(({ testFilePath, testExecError, failureMessage, testResults: tests }) => ({
      path: testFilePath,
      isFailed: Boolean(testExecError) || Boolean(failureMessage) || tests.some(({ status }) => status === 'failed'),
      states: tests.map(({ status }) => status),
    }));
    writeFileSync(process.env[reportVariable], JSON.stringify(suites));
  }
}

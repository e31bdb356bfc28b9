// What a run of the tests came to, from the reports of its one or two runs of jest.
import { existsSync, readFileSync } from 'node:fs';

/** The exit status of jest for tests that failed; whatever else is not 0 is a setup, a teardown or jest itself. */
export const testsFailed = 10;

/** How many suites that failed beside others may be asked again; more than that is no accident. */
const mostAskedAgain = 4;

/** The report of a run of jest that ended with a status. A run that wrote none has no suites, and is broken. */
export function readReport(file, status) {
  const isWritten = existsSync(file);
  return {
    suites: isWritten ? JSON.parse(readFileSync(file, 'utf8')) : [],
    isBroken: !isWritten || (status !== 0 && status !== testsFailed),
  };
}

/** Suites of real parts share engines and two cores: few that failed beside others are worth a second look, alone. @returns their paths */
export function pathsToAskAgain({ suites }) {
  const paths = suites.filter(({ isFailed }) => isFailed).map(({ path }) => path);
  const isAccident = paths.length <= mostAskedAgain && paths.every((path) => path.endsWith('.rig.test.ts'));
  return isAccident ? paths : [];
}

/**
 * What is said at the end, and the exit status.
 *
 * @param first report of the run of all tests
 * @param again report of the suites that were asked again, if any
 * @param isFiltered whether only some tests were asked for: then the others may be skipped
 * @returns `{ lines, status }`; the last line is `N passed, N failed, N skipped`, and nothing else is on it
 */
export function judgeTests({ first, again, isFiltered = false }) {
  const asked = new Map((again?.suites ?? []).map((suite) => [suite.path, suite]));
  const suites = first.suites.map((suite) => asked.get(suite.path) ?? suite);
  const resurrected = [...asked.values()].filter(({ isFailed }) => !isFailed).map(({ path }) => path);
  const states = suites.flatMap(statesOf);
  const [passed, failedTests] = ['passed', 'failed'].map((wanted) => states.filter((state) => state === wanted).length);
  const broken = [first, again].filter((report) => report?.isBroken).length;
  const skipped = states.length - passed - failedTests;
  const failed = failedTests + broken;
  const lines = [
    ...(broken > 0 ? ['a setup, a teardown or the test runner itself failed: see above'] : []),
    ...(resurrected.length > 0 ? [`failed beside others, passed alone: ${resurrected.join(', ')}`] : []),
    ...(skipped > 0 && !isFiltered ? ['a skipped test proves nothing: the run fails'] : []),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ];
  return { lines, status: failed === 0 && passed > 0 && (skipped === 0 || isFiltered) ? 0 : 1 };
}

/** A suite that cannot be loaded, or whose hook failed, has no test that failed: it counts as one. */
function statesOf({ isFailed, states }) {
  return isFailed && !states.includes('failed') ? [...states, 'failed'] : states;
}

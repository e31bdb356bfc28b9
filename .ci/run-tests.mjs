// Run jest, ask few suites of real parts again, and say what came of it: what every command does that runs tests of real parts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJest } from './jest.mjs';
import { root } from './steps.mjs';
import { judgeTests, pathsToAskAgain } from './test-outcome.mjs';

const inRoot = (text) => text.replaceAll(`${root}/`, '');

/**
 * @param words for jest
 * @param options `env`: more variables; `isFiltered`: whether only some tests were asked for
 * @returns `{ lines, status }`: what to say at the end
 */
export function runTests(words, { env = {}, isFiltered = false } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'dock-test-'));
  try {
    const first = runJest(words, join(directory, 'first.json'), { env });
    const paths = pathsToAskAgain(first);
    if (paths.length > 0) console.log(`\nfailed beside others, now alone: ${inRoot(paths.join(', '))}\n`);
    const alone = ['--selectProjects=rig', '--maxWorkers=1', '--runTestsByPath', ...paths];
    const again = paths.length > 0 ? runJest(alone, join(directory, 'again.json'), { env }) : undefined;
    const { lines, status } = judgeTests({ first, again, isFiltered });
    return { lines: lines.map(inRoot), status };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

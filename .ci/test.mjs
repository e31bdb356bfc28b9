// The README's test command: install what is needed, check, start the rig, run every test, and count.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { check } from './check.mjs';
import { runJest } from './jest.mjs';
import { setup } from './setup.mjs';
import { root } from './steps.mjs';
import { judgeTests, pathsToAskAgain } from './test-outcome.mjs';

const directory = mkdtempSync(join(tmpdir(), 'dock-test-'));
const words = process.argv.slice(2);
try {
  setup();
  check();
  const first = runJest(words, join(directory, 'first.json'));
  const paths = pathsToAskAgain(first);
  if (paths.length > 0) console.log(`\nfailed beside others, now alone: ${paths.map(inRoot).join(', ')}\n`);
  const alone = ['--selectProjects=rig', '--maxWorkers=1', '--runTestsByPath', ...paths];
  const again = paths.length > 0 ? runJest(alone, join(directory, 'again.json')) : undefined;
  const { lines, status } = judgeTests({ first, again, isFiltered: words.length > 0 });
  for (const line of lines) console.log(line.replaceAll(`${root}/`, ''));
  process.exitCode = status;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function inRoot(path) {
  return relative(root, path);
}

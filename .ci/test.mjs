// The README's test command: install what is needed, check, start the rig, run every test, and count.
import { check } from './check.mjs';
import { runTests } from './run-tests.mjs';
import { setup } from './setup.mjs';

setup();
check();
const words = process.argv.slice(2);
const { lines, status } = runTests(words, { isFiltered: words.length > 0 });
for (const line of lines) console.log(line);
process.exitCode = status;

// The limits at full size, 2 GB of output among them: `npm run limits [-- WORD]`. It writes its section of docs/benchmarks.md when all of it was measured.
import { table, writeSection } from './benchmarks-page.mjs';
import { setup } from './setup.mjs';

setup();
const { limits } = await import('../packages/testing/bench/limits.mjs');
const [word] = process.argv.slice(2);
const rows = await limits(word);
const columns = [
  ['what', (row) => row.title],
  ['memory, MiB', (row) => Math.round(row.peak / 2 ** 20)],
  ['in its container, MiB', (row) => (row.inside === 0 ? '' : Math.round(row.inside / 2 ** 20))],
  ['s', (row) => Math.round(row.ms / 1000)],
  ['ends with', (row) => (row.code === undefined ? row.status : `${row.status}, \`${row.code}\``)],
  ['log, MB', (row) => Math.round(row.log / 1e6)],
  ['says that the log is cut', (row) => (row.isCut ? 'yes' : '')],
];
const text = `The most memory that the process of \`dock build\` had, with the run's log and progress on a pipe. The bound is 300 MiB. The log of a run is cut at 1 GiB; BuildKit itself
leaves output out from its own limit on.\n\n${table(columns, rows)}`;
if (word === undefined)
  writeSection('limits', { title: 'Limits', command: 'npm run limits', versions: ['Engine 20.10'], text });
else console.log(text);
const failed = rows.filter(({ problems }) => problems.length > 0);
for (const { title, problems } of failed) console.error(`${title}: ${problems.join('; ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

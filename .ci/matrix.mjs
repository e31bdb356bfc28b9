// Every point of a run with every fault, for each runner, on real engines; its summary goes to docs/benchmarks.md:
// `npm run matrix [-- --lanes N] [--file FILE] [--only PATTERN] [--no-setup]`. With a file that has cells already, those that were right are not
// run again, and what others failed of stays in it: a second try is counted and named. With no lanes, it is only summed up.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { table, writeSection } from './benchmarks-page.mjs';
import { jestArgs } from './jest.mjs';
import { cellsOf, triesIn, triesText } from './matrix-cells.mjs';
import { setup } from './setup.mjs';
import { root } from './steps.mjs';

const { values } = parseArgs({
  options: {
    lanes: { type: 'string', default: '2' },
    file: { type: 'string' },
    only: { type: 'string', default: '' },
    'no-setup': { type: 'boolean', default: false },
  },
});
if (!values['no-setup']) setup();
const directory = mkdtempSync(join(tmpdir(), 'dock-matrix-'));
const file = values.file === undefined ? join(directory, 'cells.ndjson') : resolve(values.file);
const lanes = Number(values.lanes);

const readTries = () => (existsSync(file) ? triesIn(readFileSync(file, 'utf8')) : []);

/** One lane: a jest of its own, with an engine of its own. */
function runLane(lane) {
  const words = ['--selectProjects=rig', '--testPathPatterns', 'matrix/matrix', '--maxWorkers=1'];
  const env = {
    ...process.env,
    DOCK_MATRIX_FILE: file,
    DOCK_MATRIX_LANE: `${lane}/${lanes}`,
    DOCK_MATRIX_ONLY: values.only,
  };
  const child = spawn(process.execPath, [...jestArgs, ...words], { cwd: root, env, stdio: ['ignore', 2, 2] });
  return new Promise((done, fail) => child.once('error', fail).once('close', (status) => done(status ?? 128)));
}

function report(cells) {
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const runners = [...new Set(cells.map(({ runner }) => runner))];
  const good = cells.filter(({ isOk }) => isOk).length;
  const ends = cells.filter(({ fault }) => fault.startsWith('SIG')).map(({ endedAfterMs = 0 }) => endedAfterMs);
  const all = cells[0]?.of ?? 0;
  const done = cells.length === all ? `All ${all} runs were made.` : `${cells.length} of ${all} runs were made.`;
  const late = ends.filter((each) => each > 10_000).length;
  const outcome = (runner, point, fault) => {
    const found = cells.find((each) => each.runner === runner && each.point === point && each.fault === fault);
    if (found === undefined) return '–';
    const tries = found.tries > 1 ? `, try ${found.tries}` : '';
    return found.isOk ? `ok (${found.status}${tries})` : `FAILED${tries}`;
  };
  const tables = runners.map((runner) => {
    const points = [...new Set(cells.filter((each) => each.runner === runner).map(({ point }) => point))];
    const columns = faults.filter((fault) => cells.some((each) => each.runner === runner && each.fault === fault));
    return `### ${runner}\n\n${table([['point', (point) => point], ...columns.map((fault) => [fault, (point) => outcome(runner, point, fault)])], points)}`;
  });
  writeSection('matrix', {
    title: 'Points and faults',
    command: 'npm run matrix',
    versions: ['Engine 20.10'],
    text: `${done} ${good} of them ended as they should: the right exit status (in brackets), a result file, nothing of dock's left after \`dock gc\`, and what is foreign untouched. ${triesText(cells)} \`kill -9\` is the process of dock itself. Longest end after SIGINT or SIGTERM: ${Math.max(0, ...ends)} ms, ${late} of ${ends.length} later than 10 s.

${tables.join('\n\n')}`,
  });
}

try {
  // What failed before is run again, and its failure stays in the file.
  const began = cellsOf(readTries()).filter(({ isOk }) => isOk).length;
  const statuses = await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  const cells = cellsOf(readTries());
  console.error(`${cells.length - began} cells were run; ${began} were right already. ${triesText(cells)}`);
  if (values.only === '') report(cells);
  process.exitCode = statuses.find((status) => status !== 0) ?? 0;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

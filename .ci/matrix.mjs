// Every point of a run with every fault, for each runner, on real engines; its summary goes to docs/benchmarks.md:
// `npm run matrix [-- --lanes N] [--file FILE] [--only PATTERN] [--no-setup]`. With a file that has cells already, those that were right are not
// run again; with no lanes, it is only summed up.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { table, writeSection } from './benchmarks-page.mjs';
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

const readCells = () =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];

/** One lane: a jest of its own, with an engine of its own. */
function runLane(lane) {
  const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const words = ['--selectProjects=rig', '--testPathPatterns', 'matrix/matrix', '--maxWorkers=1'];
  const env = {
    ...process.env,
    DOCK_MATRIX_FILE: file,
    DOCK_MATRIX_LANE: `${lane}/${lanes}`,
    DOCK_MATRIX_ONLY: values.only,
  };
  const child = spawn(process.execPath, [...jest, ...words], { cwd: root, env, stdio: ['ignore', 2, 2] });
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
    return found === undefined ? '–' : found.isOk ? `ok (${found.status})` : 'FAILED';
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
    text: `${done} ${good} of them ended as they should: the right exit status (in brackets), a result file, nothing of dock's left after \`dock gc\`, and what is foreign untouched. \`kill -9\` is the process of dock itself. Longest end after SIGINT or SIGTERM: ${Math.max(0, ...ends)} ms, ${late} of ${ends.length} later than 10 s.

${tables.join('\n\n')}`,
  });
}

try {
  // What failed before is run again.
  const before = readCells();
  if (before.length > 0 && lanes > 0)
    writeFileSync(
      file,
      before
        .filter(({ isOk }) => isOk)
        .map((cell) => `${JSON.stringify(cell)}\n`)
        .join(''),
    );
  const began = readCells().length;
  const statuses = await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  const order = new Map();
  for (const cell of readCells()) order.set(cell.name, cell);
  console.error(`${order.size - began} cells were run; ${began} were there already.`);
  if (values.only === '') report([...order.values()].sort((a, b) => a.index - b.index));
  process.exitCode = statuses.find((status) => status !== 0) ?? 0;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

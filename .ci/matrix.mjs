// Every point of a run with every fault, on a real engine; its summary goes to docs/benchmarks.md: `npm run matrix`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table, writeSection } from './benchmarks-page.mjs';
import { setup } from './setup.mjs';
import { run } from './steps.mjs';

setup();
const directory = mkdtempSync(join(tmpdir(), 'dock-matrix-'));
const file = join(directory, 'cells.ndjson');
const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const words = ['--selectProjects=rig', '--testPathPatterns', 'matrix/matrix', '--maxWorkers=1'];
try {
  const status = run(process.execPath, [...jest, ...words], { env: { DOCK_MATRIX_FILE: file } });
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const cells = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
  const faults = [...new Set(cells.map(({ fault }) => fault))];
  const rows = [...new Set(cells.map(({ point, runner }) => `${runner}: ${point}`))];
  const cell = (row, fault) => cells.find((each) => `${each.runner}: ${each.point}` === row && each.fault === fault);
  const outcome = (found) => (found === undefined ? '–' : found.isOk ? `ok (${found.status})` : 'FAILED');
  const good = cells.filter(({ isOk }) => isOk).length;
  const slowest = Math.max(
    0,
    ...cells.filter(({ fault }) => fault.startsWith('SIG')).map((each) => each.endedAfterMs ?? 0),
  );
  writeSection('matrix', {
    title: 'Points and faults',
    command: 'npm run matrix',
    versions: ['Engine 20.10'],
    text: `${good} of ${cells.length} runs ended as they should: the right exit status (in brackets), a result file, and nothing left after \`dock gc\`. Longest end after SIGINT or SIGTERM: ${slowest} ms.

${table([['runner: point', (row) => row], ...faults.map((fault) => [fault, (row) => outcome(cell(row, fault))])], rows)}`,
  });
  process.exitCode = status;
} finally {
  rmSync(directory, { recursive: true, force: true });
}

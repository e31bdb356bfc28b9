// What the limits are for, at full size: each row is a run of the real command line, and the most memory that its process ever had.
import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { baseImage, buildImage, startEngine } from '../dist/index.js';

const bin = fileURLToPath(new URL('../../cli/bin/run.js', import.meta.url));
const runnerPackage = fileURLToPath(new URL('../../runner-host-docker', import.meta.url));

/** Bytes of memory that no run may need. */
const bound = 300 * 2 ** 20;

// A line of a log as it usually is: 103 characters and its end.
const line = 'abcdefghijklmnopqrstuvwxy '.repeat(4).trim();
const print = (directory, command) => {
  writeFileSync(join(directory, 'Dockerfile'), `FROM busybox:1\nRUN ${command}\n`);
};
const sparse = (directory) => {
  writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox:1\nCOPY . /all/\n');
  for (let index = 0; index < 20; index += 1) {
    writeFileSync(join(directory, `file-${index}`), '');
    truncateSync(join(directory, `file-${index}`), 2 ** 30);
  }
};
const manyFiles = (directory) => {
  writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
  for (let index = 0; index < 100_000; index += 1) {
    const below = join(directory, `d${index % 100}`);
    if (index < 100) mkdirSync(below);
    writeFileSync(join(below, `file-${index}`), `${index}\n`);
  }
};

const lines = (bytes) => (directory) => print(directory, `yes '${line}' | head -c ${bytes}`);
const oneLine = (bytes) => (directory) => print(directory, `yes '${line}' | tr -d '\\n' | head -c ${bytes}`);

/** Each: what it is, the context, the builder, and what must come of it. */
const rows = [
  { title: 'a RUN that prints 2 GB', make: lines(2e9), builder: 'classic', status: 0, printed: 2e9 },
  { title: 'a RUN that prints 2 GB, to BuildKit', make: lines(2e9), builder: 'buildkit', status: 0 },
  { title: 'a RUN that prints one line of 500 MB', make: oneLine(5e8), builder: 'classic', status: 0, printed: 5e8 },
  {
    title: 'a RUN that prints 500 MB to a reader that begins after 10 s',
    make: lines(5e8),
    builder: 'classic',
    status: 0,
    printed: 5e8,
    readAfterMs: 10_000,
  },
  {
    title: 'the same in a build container (host-docker)',
    make: lines(5e8),
    builder: 'classic',
    status: 0,
    printed: 5e8,
    readAfterMs: 10_000,
    isInContainer: true,
  },
  {
    title: 'a context of 20 GiB, over the limit',
    make: sparse,
    builder: 'classic',
    status: 2,
    code: 'CONTEXT_TOO_LARGE',
  },
  {
    title: 'a context of 20 GiB, over the limit, to BuildKit',
    make: sparse,
    builder: 'buildkit',
    status: 2,
    code: 'CONTEXT_TOO_LARGE',
  },
  { title: 'a context of 100,000 files', make: manyFiles, builder: 'classic', status: 0 },
  { title: 'a context of 100,000 files, to BuildKit', make: manyFiles, builder: 'buildkit', status: 0 },
];

/** Measure the rows whose title holds a word; all without one. */
export async function limits(word = '') {
  const engine = await startEngine({ version: '20.10' });
  try {
    await baseImage(engine);
    const { reference } = await buildImage(engine);
    const measured = [];
    for (const row of rows.filter(({ title }) => title.includes(word))) {
      const outcome = await measure(row, engine, reference);
      console.error(`${row.title}: ${JSON.stringify(outcome)}`);
      measured.push({ ...row, ...outcome });
    }
    return measured;
  } finally {
    await engine.stop();
  }
}

async function measure(row, engine, image) {
  const home = mkdtempSync(join(tmpdir(), 'dock-limits-'));
  try {
    const context = join(home, 'context');
    mkdirSync(context);
    row.make(context);
    const config = row.isInContainer === true ? inContainer(home, image) : ['--no-config'];
    const args = ['build', 'context', ...config, '--no-cache', '--network', 'none', '--builder', row.builder, '--json'];
    const began = performance.now();
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, DOCKER_HOST: engine.host },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let peak = 0;
    let inside = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, highWaterMark(child.pid));
      if (row.isInContainer === true) inside = Math.max(inside, ...nodesOf(engine).map(highWaterMark));
    }, 100);
    let document = '';
    let shown = 0;
    child.stdout.on('data', (chunk) => (document += chunk));
    setTimeout(() => child.stderr.on('data', (chunk) => (shown += chunk.length)), row.readAfterMs ?? 0);
    await new Promise((resolve) => child.once('close', resolve));
    clearInterval(watch);
    const result = JSON.parse(document);
    // Zero is a process that was never seen.
    const isSeen = peak > 0 && (inside > 0 || row.isInContainer !== true);
    const most = isSeen ? Math.max(peak, inside) : Number.NaN;
    return { ...verdict(row, child.exitCode, result, most, shown), peak, inside, ms: performance.now() - began };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A config that moves the run into a build container. @returns what the command line says of it */
function inContainer(home, image) {
  mkdirSync(join(home, 'node_modules', '@dock'), { recursive: true });
  symlinkSync(runnerPackage, join(home, 'node_modules', '@dock', 'runner-host-docker'));
  writeFileSync(
    join(home, 'dock.config.mjs'),
    `import { hostDocker } from '@dock/runner-host-docker';
export default { runner: hostDocker({ buildImage: '${image}', network: 'host' }) };
`,
  );
  return [];
}

/** Process IDs of every Node in a container of an engine: its processes are in control groups below one of its own name. */
function nodesOf({ socketPath }) {
  const group = basename(dirname(socketPath));
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return (
        readFileSync(`/proc/${pid}/comm`, 'utf8') === 'node\n' &&
        readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/${group}/`)
      );
    } catch {
      return false;
    }
  });
}

/** What is wrong, in words; nothing when it is as it must be. */
function verdict({ status, code, printed }, exitCode, result, peak, shown) {
  const log = result.logFile === undefined ? 0 : statSync(result.logFile).size;
  const isCut = result.warnings.some(({ message }) => /is not complete|left out output/.test(message));
  const problems = [
    exitCode === status && result.error?.code === code ? '' : `status ${exitCode}, ${result.error?.code}`,
    Number.isNaN(peak) ? 'the memory of its process was never seen' : peak < bound ? '' : 'too much memory',
    printed === undefined || shown >= printed ? '' : `only ${shown} bytes were shown`,
    printed === undefined || log >= Math.min(printed, 2 ** 30 - 2 ** 20) ? '' : `the log has only ${log} bytes`,
    printed === undefined || printed < 2 ** 30 || isCut ? '' : 'nobody says that the log is cut',
  ].filter((problem) => problem !== '');
  return { log, isCut, problems };
}

function highWaterMark(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

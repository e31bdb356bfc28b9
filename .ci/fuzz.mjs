// Fuzz dock's readers: `npm run fuzz [-- --seconds N] [--target NAME ...] [--lanes N] [--seed N] [--write]`; so many at a time as there are lanes.
// An input that crashes, hangs or breaks a promise is printed with its seed and kept in fuzz/corpus, which `npm test` runs.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { table, writeSection } from './benchmarks-page.mjs';
import { root } from './steps.mjs';

/** How much memory the readers may need beside the fuzzer, MiB. */
const heapLimitMiB = 1024;
/** How many failures of one target are looked for. */
const mostFailures = 5;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    target: { type: 'string', multiple: true },
    lanes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const lanes = Number(values.lanes);
/** How long a reader may take for one input, ms; of several at a time each has its share of the processor. */
const inputLimitMs = 10_000 * lanes;
const firstSeed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
if (!(seconds > 0) || !(lanes > 0) || !Number.isInteger(firstSeed))
  throw new Error('--seconds and --lanes take a number, --seed a whole one');

const fuzz = join(root, 'fuzz');
// Where `@dock/core` and `@dock/engine` resolve, which the sources ask for their version.
const bundle = join(root, 'packages', 'testing', 'dist', 'fuzz');

/** The targets and the sources they read, as modules that a worker can load. */
async function bundleTargets() {
  rmSync(bundle, { recursive: true, force: true });
  await build({
    entryPoints: [join(fuzz, 'targets', 'index.ts')],
    outdir: bundle,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@dock/source'],
    external: ['fast-check', 'dockerode', 'simple-git', '@oclif/core', 'cosmiconfig', 'jiti'],
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    sourcemap: true,
    logLevel: 'warning',
  });
  return pathToFileURL(join(bundle, 'index.mjs')).href;
}

function corpusOf(target) {
  const directory = join(fuzz, 'corpus', target);
  if (!existsSync(directory)) return [];
  return readdirSync(directory).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')));
}

/** Keep an input as a regression test. */
function keep(target, input) {
  const text = `${JSON.stringify(input, null, 1)}\n`;
  const directory = join(fuzz, 'corpus', target);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`);
  writeFileSync(file, text);
  return file.slice(root.length + 1);
}

/** Run a worker until its time is up, it fails, hangs or dies. */
function runWorker({ module, target, seed, ms, corpus }) {
  const state = new SharedArrayBuffer(16);
  const text = new SharedArrayBuffer(4 * 1024 * 1024);
  const [count, view] = [new Int32Array(state), new Uint8Array(text)];
  const current = () => JSON.parse(Buffer.from(view.slice(0, count[2])).toString('utf8'));
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./fuzz-worker.mjs', import.meta.url), {
      workerData: { module, target, seed, ms, corpus, state, text },
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMiB },
      execArgv: ['--enable-source-maps'],
    });
    let failed;
    let seen = -1;
    let since = performance.now();
    const done = (outcome) => {
      clearInterval(watch);
      void worker.terminate().then(() => resolve({ inputs: count[0], ...outcome }));
    };
    const watch = setInterval(() => {
      const isBusy = count[1] === 1;
      if (!isBusy || count[0] !== seen) {
        seen = count[0];
        since = performance.now();
        return;
      }
      if (performance.now() - since < inputLimitMs) return;
      const input = failed?.input ?? current();
      done({ failure: { seed, input, message: `no end after ${inputLimitMs / 1000} s` } });
    }, 200);
    worker.on('message', (message) => {
      // The first failing input is known before it is made smaller: that might hang.
      if (message.kind === 'failing') failed = message;
      else done(message);
    });
    worker.on('error', (error) => done({ failure: { seed, input: current(), message: String(error.stack ?? error) } }));
  });
}

async function fuzzTarget(module, target) {
  const began = performance.now();
  const row = { target, inputs: 0, slowest: { ms: 0, bytes: 0 }, failures: [] };
  const corpus = corpusOf(target);
  for (let seed = firstSeed; row.failures.length < mostFailures; seed += 1_000_000) {
    const ms = seconds * 1000 - (performance.now() - began);
    if (ms <= 0) break;
    const outcome = await runWorker({ module, target, seed, ms, corpus: seed === firstSeed ? corpus : [] });
    row.inputs += outcome.inputs;
    if (outcome.slowest?.ms > row.slowest.ms) row.slowest = outcome.slowest;
    if (outcome.failure === undefined) continue;
    const { failure } = outcome;
    const file = keep(target, failure.input);
    row.failures.push(file);
    console.error(`\n${target}: seed ${failure.seed}, kept as ${file}\n${failure.message}\n`);
  }
  row.seconds = (performance.now() - began) / 1000;
  console.error(
    `${target}: ${row.inputs} inputs in ${row.seconds.toFixed(0)} s, the slowest ${row.slowest.ms.toFixed(0)} ms for ${row.slowest.bytes} bytes, ${row.failures.length} failures`,
  );
  return row;
}

const module = await bundleTargets();
const { targets } = await import(module);
const names = targets.map(({ name }) => name);
const asked = values.target ?? names;
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no such target: ${unknown.join(', ')}; there are ${names.join(', ')}`);
const rows = [];
const waiting = [...asked.entries()];
const lane = async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
    rows[next[0]] = await fuzzTarget(module, next[1]);
};
await Promise.all(Array.from({ length: lanes }, lane));

const columns = [
  ['reader', (row) => row.target],
  ['seconds', (row) => row.seconds.toFixed(0)],
  ['inputs', (row) => row.inputs],
  ['slowest input, ms', (row) => row.slowest.ms.toFixed(0)],
  ['of bytes', (row) => row.slowest.bytes],
  ['failures', (row) => row.failures.length],
];
const text = `Random and mutated inputs to each reader: no crash but an error of the catalogue, no unhandled rejection, no input over ${inputLimitMs / 1000} s, no more than
${heapLimitMiB} MiB of heap, and where there is something to compare with (another way to cut the stream, the text written back, a second reading) the same answer. First
seed ${firstSeed}${lanes === 1 ? '' : `, ${lanes} readers at a time`}.`;
if (values.write)
  writeSection('fuzz', { title: 'Fuzzing', command: 'npm run fuzz', text: `${text}\n\n${table(columns, rows)}` });
else console.log(table(columns, rows));
process.exitCode = rows.some(({ failures }) => failures.length > 0) ? 1 : 0;

// One target in a thread of its own, so that an endless loop can be seen and ended from outside.
import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';

const { module, target: name, seed, ms, corpus, state, text } = workerData;
/** How many inputs were begun; whether one is being read; bytes of its JSON. */
const count = new Int32Array(state);
const view = new Uint8Array(text);
const encoder = new TextEncoder();
const runsPerBatch = 2000;

let stray;
process.on('unhandledRejection', (reason) => {
  stray = new Error(`an unhandled rejection: ${String(reason)}`, { cause: reason });
});
process.on('uncaughtException', (error) => {
  stray = new Error(`an uncaught exception: ${String(error?.stack ?? error)}`, { cause: error });
});

const { targets } = await import(module);
const target = targets.find((each) => each.name === name);
const began = performance.now();
let slowest = { ms: 0, bytes: 0 };
let isShrinking = false;

async function check(input) {
  count[2] = encoder.encodeInto(JSON.stringify(input), view).written;
  count[0] += 1;
  Atomics.store(count, 1, 1);
  const startedAt = performance.now();
  try {
    await target.check(input);
    // What was left to itself shows when the queue is empty.
    await turn();
    if (stray !== undefined) throw stray;
  } catch (error) {
    stray = undefined;
    if (!isShrinking) parentPort.postMessage({ kind: 'failing', input });
    isShrinking = true;
    throw error;
  } finally {
    Atomics.store(count, 1, 0);
    const ms = performance.now() - startedAt;
    if (ms > slowest.ms) slowest = { ms, bytes: count[2] };
  }
}

const describe = (error) => {
  const causes = [];
  for (let at = error; at !== undefined && causes.length < 4; at = at?.cause) causes.push(String(at?.stack ?? at));
  return causes.join('\ncaused by ');
};

let failure;
for (const input of corpus) {
  try {
    await check(input);
  } catch (error) {
    failure ??= { seed: 'of the corpus', input, message: describe(error) };
  }
}
for (let batch = 0; failure === undefined && performance.now() - began < ms; batch += 1) {
  const found = await fc.check(fc.asyncProperty(target.input, check), {
    seed: seed + batch,
    numRuns: runsPerBatch,
    interruptAfterTimeLimit: Math.max(1, ms - (performance.now() - began)),
    maxSkipsPerRun: 1000,
  });
  if (!found.failed || found.counterexample === null) continue;
  const message = `path ${found.counterexamplePath}\n${JSON.stringify(found.counterexample[0]).slice(0, 2000)}\n${describe(found.errorInstance)}`;
  failure = { seed: seed + batch, input: found.counterexample[0], message };
}
parentPort.postMessage({ kind: 'done', slowest, ...(failure === undefined ? {} : { failure }) });

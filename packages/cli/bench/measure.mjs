// Whole processes, timed from outside, in interleaved pairs: a comparison holds when the machine's speed drifts.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPU time of all processes that this one has started and that have ended, ms: user and system, to the clock's tick of 10 ms. */
function childrenCpu() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  const [user, system] = fields.slice(13, 15).map(Number);
  return (user + system) * 10;
}

/** Wall time of one process, and CPU time of it and of all that it started, ms. A failure ends the benchmark: a fast failure is no result. */
function runProcess({ command, args = [], env = {}, cwd }) {
  const cpuBefore = childrenCpu();
  const began = performance.now();
  const done = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const wall = performance.now() - began;
  if (done.status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')}: status ${done.status}\n${String(done.stderr)}\n${String(done.stdout)}`,
    );
  }
  return { wall, cpu: childrenCpu() - cpuBefore };
}

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Run A and B in turn, the first going second in every other pair; each may prepare its own run. Gives the medians of wall and CPU time, and the median of
 * the pairs' ratios.
 */
export function timePairs(a, b, { pairs = 9, warmups = 1 } = {}) {
  const runs = [];
  for (let i = -warmups; i < pairs; i++) {
    const pair = {};
    for (const who of i % 2 === 0 ? ['a', 'b'] : ['b', 'a']) pair[who] = runProcess((who === 'a' ? a : b)(i));
    if (i >= 0) runs.push(pair);
  }
  const of = (who, what) => median(runs.map((pair) => pair[who][what]));
  const ratios = runs.map((pair) => pair.a.wall / pair.b.wall);
  return {
    a: of('a', 'wall'),
    b: of('b', 'wall'),
    aCpu: of('a', 'cpu'),
    bCpu: of('b', 'cpu'),
    ratio: median(ratios),
    cpuRatio: median(runs.map((pair) => pair.a.cpu / Math.max(pair.b.cpu, 10))),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    pairs,
  };
}

// Whole processes, timed from outside, in interleaved pairs: a comparison holds when the machine's speed drifts.
import { spawnSync } from 'node:child_process';

/** Wall time of one process, ms. A failure ends the benchmark: a fast failure is no result. */
export function timeProcess({ command, args = [], env = {}, cwd }) {
  const began = performance.now();
  const done = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
  const elapsed = performance.now() - began;
  if (done.status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')}: status ${done.status}\n${String(done.stderr)}\n${String(done.stdout)}`,
    );
  }
  return elapsed;
}

/** The middle value. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Time A and B in turn; each may prepare its own run. Gives medians and the median of the pairs' ratios. */
export function timePairs(a, b, { pairs = 9, warmups = 1 } = {}) {
  const times = { a: [], b: [], ratios: [] };
  for (let i = -warmups; i < pairs; i++) {
    const first = timeProcess(a(i));
    const second = timeProcess(b(i));
    if (i < 0) continue;
    times.a.push(first);
    times.b.push(second);
    times.ratios.push(first / second);
  }
  return {
    a: median(times.a),
    b: median(times.b),
    ratio: median(times.ratios),
    low: Math.min(...times.ratios),
    high: Math.max(...times.ratios),
    pairs,
  };
}

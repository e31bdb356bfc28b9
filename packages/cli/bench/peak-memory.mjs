// Wall time and peak memory of a process and all that it starts, watched from outside.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const pollMs = 20;

/** The process and its descendants. */
function processTree(pid) {
  const found = [pid];
  for (const each of found) {
    try {
      for (const thread of readdirSync(`/proc/${each}/task`)) {
        const children = readFileSync(`/proc/${each}/task/${thread}/children`, 'utf8').trim();
        if (children !== '') found.push(...children.split(' ').map(Number));
      }
    } catch {
      // it has just ended
    }
  }
  return found;
}

/** The most resident memory that a process ever had, bytes. */
function highWaterMark(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * Run a command to its end. A failure ends the benchmark: a fast failure is no result.
 *
 * @returns wall time, ms, and the sum of the peaks of its processes, bytes
 */
export function measureProcess({ command, args = [], env = {}, cwd }) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const peaks = new Map();
    const poll = setInterval(() => {
      for (const pid of processTree(child.pid)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, highWaterMark(pid)));
    }, pollMs);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
    child.once('error', reject);
    child.once('close', (status) => {
      clearInterval(poll);
      const ms = performance.now() - began;
      const rss = [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0);
      if (rss === 0) reject(new Error(`${command} ${args.join(' ')}: its memory was never seen`));
      else if (status === 0) resolve({ ms, rss });
      else reject(new Error(`${command} ${args.join(' ')}: status ${status}\n${output}`));
    });
  });
}

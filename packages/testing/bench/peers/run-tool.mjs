// One run of a tool, judged from outside.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Run a program to its end, at most `limitMs`.
 *
 * @returns `{ status, isStopped, output, ms, peak }`: the exit status (128 + n for a signal), whether it was stopped at the limit, both streams, the most memory it had, bytes
 */
export function runTool(command, args, { env = {}, cwd, limitMs = 60_000, signals = [] } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let isStopped = false;
    let peak = 0;
    const keep = (chunk) => {
      output = `${output}${String(chunk)}`.slice(-4_000_000);
      while (signals.length > 0 && signals[0].after.test(output)) {
        const { act } = signals.shift();
        act(child);
      }
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const watch = setInterval(() => (peak = Math.max(peak, highWaterMark(child.pid))), 50);
    const limit = setTimeout(() => {
      isStopped = true;
      child.kill('SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearInterval(watch);
      clearTimeout(limit);
      if (process.env.PEERS_DEBUG !== undefined) console.error(output.slice(-600));
      const numbers = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137, SIGABRT: 134, SIGSEGV: 139 };
      resolve({ status: code ?? numbers[signal] ?? 1, isStopped, output, ms: performance.now() - began, peak });
    });
  });
}

function highWaterMark(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** What came of a run, in a few words: `exit 1`, `no end in 20 s`. */
export function outcomeText({ status, isStopped, ms }) {
  return isStopped ? `no end within ${Math.round(ms / 1000)} s` : `exit ${status}`;
}

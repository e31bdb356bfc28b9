// One run of a tool, judged from outside.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Run a program to its end, at most `limitMs`.
 *
 * @returns `{ status, isStopped, output, limitMs, sinceSignalMs, peak }`: the exit status (128 + n for a signal), whether it was stopped at the limit, both streams, how long it
 * still ran after the last of `signals`, the most memory it had in bytes
 */
export function runTool(command, args, { env = {}, cwd, limitMs = 60_000, signals = [] } = {}) {
  return new Promise((resolve, reject) => {
    let signalled = performance.now();
    // A process group of its own: a tool that is stopped leaves its children, git among them.
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    // Each stream by itself: what comes of one must not tear what comes of the other.
    const said = { stdout: '', stderr: '' };
    let isStopped = false;
    let peak = 0;
    const keep = (name, chunk) => {
      said[name] = `${said[name]}${String(chunk)}`.slice(-4_000_000);
      while (signals.length > 0 && signals[0].after.test(said[name])) {
        const { act } = signals.shift();
        act(child);
        signalled = performance.now();
      }
    };
    child.stdout.on('data', (chunk) => keep('stdout', chunk));
    child.stderr.on('data', (chunk) => keep('stderr', chunk));
    const watch = setInterval(() => (peak = Math.max(peak, highWaterMark(child.pid))), 50);
    const limit = setTimeout(() => {
      isStopped = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearInterval(watch);
      clearTimeout(limit);
      const output = said.stdout + said.stderr;
      if (process.env.PEERS_DEBUG !== undefined) console.error(output.slice(-600));
      const numbers = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137, SIGABRT: 134, SIGSEGV: 139 };
      const sinceSignalMs = performance.now() - signalled;
      resolve({ status: code ?? numbers[signal] ?? 1, isStopped, output, limitMs, sinceSignalMs, peak });
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

/** What came of a run, in a few words: `exit 1`, `no end within 60 s`. */
export function outcomeText({ status, isStopped, limitMs }) {
  return isStopped ? `no end within ${limitMs / 1000} s` : `exit ${status}`;
}

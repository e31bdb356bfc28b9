import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancellation } from '@dock/core';
import type { LineTail } from '@dock/engine';

/** How long the output of a daemon may take to end after it has, ms. */
const drainMs = 1000;
/** Between two looks whether a daemon is ready, ms. */
const pollMs = 10;

/** How a daemon ended. */
export interface DaemonEnd {
  /** `status 1`, `SIGKILL`, or why it did not start. */
  readonly how: string;
  /** There is no such program. */
  readonly isMissing: boolean;
}

/** A daemon that runs beside the pipeline. */
export interface DaemonProcess {
  /** Settles when it has ended, for whatever reason. */
  readonly ended: Promise<DaemonEnd>;
  /** SIGTERM, then SIGKILL to one that does not end in time. May be called twice. */
  stop(graceMs: number): Promise<void>;
}

/** What a daemon is started with. */
export interface DaemonCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Start a daemon. @param tail takes what it prints */
export function startDaemon({ program, args, env }: DaemonCommand, tail: LineTail): DaemonProcess {
  const child = spawn(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    // A signal for the pipeline's process group is not for it.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8');
    stream.on('data', (chunk: Buffer) => tail.push(decoder.write(chunk)));
  }
  const ended = endOf(child);
  // Nobody waits for the last words of one that was told to end.
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  return {
    ended,
    async stop(graceMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<DaemonEnd> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ how: error.message, isMissing: error.code === 'ENOENT' }),
    );
    child.once('exit', (code, signal) => {
      const end = { how: signal === null ? `status ${String(code)}` : signal, isMissing: false };
      // Its last words may still be in the pipe; a child of its own may hold that open.
      child.once('close', () => resolve(end));
      setTimeout(resolve, drainMs, end).unref();
    });
  });
}

/** What {@link untilReady} waits for. */
export interface Readiness {
  /** `performance.now()` at which it is too late. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** Whether it is ready. */
  readonly isReady: () => Promise<boolean>;
}

/**
 * Wait until a daemon is ready.
 *
 * @returns how it ended before that, or `late`; `undefined` once it is ready
 * @throws CANCELLED, and what the look fails with
 */
export async function untilReady(
  { ended }: Pick<DaemonProcess, 'ended'>,
  { deadline, signal, isReady }: Readiness,
): Promise<DaemonEnd | 'late' | undefined> {
  let end: DaemonEnd | undefined;
  void ended.then((value) => {
    end = value;
  });
  for (;;) {
    if (signal?.aborted === true) throw cancellation(signal.reason);
    if (end !== undefined) return end;
    if (performance.now() > deadline) return 'late';
    if (await isReady()) return undefined;
    await Promise.race([sleep(pollMs), ended]);
  }
}

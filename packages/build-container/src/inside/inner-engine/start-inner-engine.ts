import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancellation, DockError, isDockError } from '@dock/core';
import { LineTail, pingEngine } from '@dock/engine';
import { prepareControlGroups } from './control-groups.js';
import { daemonArguments, daemonEnvironment } from './daemon-command.js';
import { enginePlaces, type InnerEngineSettings } from './inner-engine-settings.js';

/** Lines of the engine's log that an error shows. */
const shownLines = 20;
/** Between two questions whether it answers, ms. */
const pollMs = 20;
/** How long its output may take to end after it has, ms. */
const drainMs = 1000;
/** How long it may take to end after SIGTERM, ms. */
const stopMs = 10_000;

/** An engine that runs beside the pipeline. */
export interface InnerEngine {
  readonly socketPath: string;
  /** The last lines of its log. */
  lastLines(): readonly string[];
  /** Settles when it has ended, for whatever reason; says how. */
  readonly ended: Promise<string>;
  /** SIGTERM, then SIGKILL to one that does not end in time. May be called twice. @param graceMs @default 10 000 */
  stop(graceMs?: number): Promise<void>;
}

/** What {@link startInnerEngine} needs beside its settings. */
export interface InnerEngineSurroundings {
  /** The environment of the job: the engine gets its proxies and its PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Takes what is worth a warning. */
  readonly warn?: (message: string) => void;
}

/**
 * Start dockerd in this container and wait until it answers.
 *
 * @throws BUILD_IMAGE_NO_ENGINE when there is no dockerd, INNER_DAEMON_FAILED with its last lines when it ends or does not answer in time
 */
export async function startInnerEngine(
  settings: InnerEngineSettings,
  { env, signal, warn }: InnerEngineSurroundings,
): Promise<InnerEngine> {
  const missing = await prepare();
  if (missing.length > 0)
    warn?.(`The engine inside has to do without the control group controllers ${missing.join(', ')}.`);
  const tail = new LineTail(shownLines);
  const child = spawn('dockerd', daemonArguments(settings), {
    env: daemonEnvironment(env, settings),
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    // A signal for the pipeline's process group is not for the engine.
    detached: true,
  });
  collect(child, tail);
  const ended = endOf(child);
  const engine: InnerEngine = {
    socketPath: enginePlaces.socket,
    lastLines: () => tail.lines(),
    ended: ended.then(({ how }) => how),
    stop: (graceMs = stopMs) => stop(child, ended, graceMs),
  };
  try {
    await untilReady(settings, ended, tail, signal);
    return engine;
  } catch (error) {
    await engine.stop(1000);
    throw error;
  }
}

async function prepare(): Promise<readonly string[]> {
  await mkdir(enginePlaces.root, { recursive: true, mode: 0o711 });
  await writeFile(enginePlaces.config, '{}\n');
  try {
    return await prepareControlGroups();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new DockError(
      'INNER_DAEMON_FAILED',
      `The control groups of the build container cannot be made ready for an engine: ${message.trim()}.`,
      {
        cause: error,
        hint: 'The build container needs --privileged, or CAP_SYS_ADMIN without seccomp and AppArmor profiles.',
      },
    );
  }
}

type Daemon = ChildProcessByStdio<null, Readable, Readable>;

function collect(child: Daemon, tail: LineTail): void {
  for (const stream of [child.stdout, child.stderr]) {
    const decoder = new StringDecoder('utf8');
    stream.on('data', (chunk: Buffer) => tail.push(decoder.write(chunk)));
  }
}

interface DaemonEnd {
  readonly how: string;
  readonly isMissing: boolean;
}

function endOf(child: Daemon): Promise<DaemonEnd> {
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

async function untilReady(
  { startTimeoutMs }: InnerEngineSettings,
  ended: Promise<DaemonEnd>,
  tail: LineTail,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  let end: DaemonEnd | undefined;
  void ended.then((value) => {
    end = value;
  });
  const { socket } = enginePlaces;
  const endpoint = {
    kind: 'unix',
    socketPath: socket,
    url: `unix://${socket}`,
    origin: 'the build container',
  } as const;
  for (;;) {
    if (signal?.aborted === true) throw cancellation(signal.reason);
    if (end !== undefined) throw endedEarly(end, tail);
    if (performance.now() > deadline) {
      throw innerFailure(`The engine inside did not answer in ${startTimeoutMs / 1000} s`, tail);
    }
    try {
      await pingEngine(endpoint, { timeoutMs: 2000, ...(signal === undefined ? {} : { signal }) });
      return;
    } catch (error) {
      if (!isDockError(error) || !['DAEMON_UNREACHABLE', 'TIMEOUT', 'DAEMON_LOST'].includes(error.code)) throw error;
    }
    await Promise.race([sleep(pollMs), ended]);
  }
}

function endedEarly({ how, isMissing }: DaemonEnd, tail: LineTail): DockError {
  return isMissing
    ? new DockError('BUILD_IMAGE_NO_ENGINE', 'The build image has no "dockerd".')
    : innerFailure(`The engine inside ended with ${how} before it answered`, tail);
}

function innerFailure(what: string, tail: LineTail): DockError {
  const lastLines = tail.lines();
  const log = lastLines.length === 0 ? ' and printed nothing.' : `. Its last lines:\n${lastLines.join('\n')}`;
  return new DockError('INNER_DAEMON_FAILED', `${what}${log}`, { details: { lastLines } });
}

async function stop(child: Daemon, ended: Promise<DaemonEnd>, graceMs: number): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}

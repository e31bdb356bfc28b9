import type { Duplex } from 'node:stream';
import { type ContainerOutcome, type ContainerRequest, DockError, type StreamOptions } from '@dock/core';
import { EventGate } from '@dock/core/internal';
import { OutputTail } from '@dock/core/internal';
import type { EngineConnection } from '../transport/connection.js';
import { raceCall } from '../transport/race-call.js';
import { removeContainer } from './container-client.js';
import { lineSink, type OutputSink, readOutput } from './container-output.js';
import { type ContainerOwner, createContainer, startContainer } from './create-container.js';
import { makeLatch } from './latch.js';
import { waitContainer } from './wait-container.js';

/** Bytes of output that are kept. */
export const outputLimit = 1024 * 1024;
/** How long the output may stand still after the container has ended, ms: a busy engine brings it late. */
const drainMs = 30_000;

/** Run a container to its end: create, attach, wait, start, and inspect for the truth. It is removed however that ends. */
export async function runContainer(
  owner: ContainerOwner,
  request: ContainerRequest,
  options: StreamOptions = {},
): Promise<ContainerOutcome> {
  const { connection } = owner;
  const what = `running a container of "${request.image}"`;
  const limits = {
    timeoutMs: options.timeoutMs ?? 0,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  let id: string | undefined;
  let work: Promise<ContainerOutcome> | undefined;
  try {
    return await raceCall(what, limits, (signal) => {
      work = (async () => {
        id = await createContainer(owner, request, { signal });
        return watchRun(owner, id, request, options, signal);
      })();
      return work;
    });
  } finally {
    // After a cancellation the creation may still be on its way; it cleans up for itself when it has no ID to tell.
    await Promise.race([work?.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 11_000).unref())]);
    if (id !== undefined) await removeFinally(connection, id, options);
  }
}

async function removeFinally(connection: EngineConnection, id: string, { onEvent }: StreamOptions): Promise<void> {
  try {
    await removeContainer(connection, id);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    onEvent?.({
      type: 'warning',
      message: `The container "${id}" may be left: ${why.replace(/\.$/, '')}.`,
      hint: 'If it is, "dock gc" or "docker rm -fv" removes it.',
    });
  }
}

async function watchRun(
  { connection, options: settings }: ContainerOwner,
  id: string,
  request: ContainerRequest,
  options: StreamOptions,
  signal: AbortSignal,
): Promise<ContainerOutcome> {
  const tail = new OutputTail(outputLimit);
  const idle = idleWatch(options, request, signal);
  const gate = new EventGate(options.onEvent);
  const lines = lineSink((_stream, message) =>
    gate.send({ type: 'log', level: 'info', message, source: request.role }),
  );
  let pieces = 0;
  const attached = makeLatch();
  const output = connection
    .stream(`reading the output of container "${id}"`, { signal: idle.signal }, async (docker) => {
      const stream = await docker.getContainer(id).attach({ stream: true, stdout: true, stderr: true, hijack: true });
      attached.open();
      const sink: OutputSink = (name, piece) => {
        pieces += 1;
        idle.refresh();
        tail.push(piece);
        lines.sink(name, piece);
      };
      // Whoever takes the events may be slow: that is no silence of the container.
      await readOutput(stream as Duplex, false, sink, () =>
        gate.isBehind ? idle.hold(gate.ready(stream as Duplex)) : undefined,
      );
      lines.end();
    })
    .catch((error: unknown) => attached.fail(error));
  await attached.promise;
  const waiting = makeLatch();
  const exited = waitContainer(connection, id, {
    ...settings.wait,
    condition: 'next-exit',
    signal: idle.signal,
    hint: output,
    onWaiting: waiting.open,
  });
  exited.catch(waiting.fail);
  try {
    await waiting.promise;
    const startedAt = performance.now();
    await startContainer(connection, id, request, { signal: idle.signal });
    const state = await exited;
    await drained(output, () => (gate.isWaiting ? undefined : pieces));
    return {
      exitCode: state.exitCode,
      isOomKilled: state.isOomKilled,
      output: tail.text(),
      isOutputCut: tail.isCut,
      durationMs: Math.round(performance.now() - startedAt),
    };
  } finally {
    idle.stop();
  }
}

/** Until the output is over; one that stands still, because the engine lost its end, is not waited for. `pieces` is undefined while a slow reader holds it. */
async function drained(output: Promise<void>, pieces: () => number | undefined): Promise<void> {
  for (let before: number | undefined = -1; before === undefined || before !== pieces(); ) {
    before = pieces();
    const pause = new Promise((resolve) => setTimeout(resolve, drainMs, 'pause').unref());
    if ((await Promise.race([output, pause])) !== 'pause') return;
  }
}

/** A signal that is aborted with the given one, by too long a silence, or by `stop`. While `hold` waits, silence does not count. */
function idleWatch(
  { idleTimeoutMs = 0 }: StreamOptions,
  { image }: ContainerRequest,
  signal: AbortSignal,
): { readonly signal: AbortSignal; refresh(): void; hold(until: Promise<void>): Promise<void>; stop(): void } {
  const own = new AbortController();
  const silent = (): void =>
    own.abort(
      new DockError('TIMEOUT', `The container of "${image}" printed nothing for ${idleTimeoutMs / 1000} s.`, {
        details: { idleTimeoutMs },
      }),
    );
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    clearTimeout(timer);
    if (idleTimeoutMs > 0 && !own.signal.aborted) timer = setTimeout(silent, idleTimeoutMs);
  };
  begin();
  return {
    signal: AbortSignal.any([signal, own.signal]),
    refresh: () => timer?.refresh(),
    hold(until) {
      clearTimeout(timer);
      return until.finally(begin);
    },
    stop: () => {
      clearTimeout(timer);
      own.abort(new DockError('CANCELLED', `The run of "${image}" is over.`));
    },
  };
}

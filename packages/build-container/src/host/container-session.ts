import type { ElsewhereRun } from '@dock/core/elsewhere';
import type { Attachment, ContainerEngine, ContainerState } from '@dock/engine';
import type { ControlLine, SecretsDocument } from '../protocol.js';
import { EventReader } from './event-reader.js';
import { withLastLines } from './last-lines.js';
import { orCancelled } from '@dock/core/internal';
import { linkSignals } from './session-signals.js';
import { StrayOutput } from './stray-output.js';

/** How long the output may stand still before its end, once the container has ended and its last event has come, ms. */
const drainMs = 5_000;
/** And without its last event, ms: a busy engine brings output late, and without it the run has no end. */
const incompleteDrainMs = 30_000;

/** A build container that is about to be started. */
export interface SessionRequest {
  readonly containers: ContainerEngine;
  readonly id: string;
  readonly image: string;
  readonly runId: string;
  readonly run: ElsewhereRun;
  readonly secrets: SecretsDocument;
  /** Hands on an event. */
  readonly onEvent: ElsewhereRun['relay'];
  /** Takes a line of the state of the run inside. */
  readonly onState: ElsewhereRun['keepState'];
  /** Takes a value that the run inside masks. */
  readonly onSecret: ElsewhereRun['addSecret'];
  readonly forceSignal: AbortSignal | undefined;
  readonly explainStartFailure: (error: unknown) => unknown;
  /** Runs while the container waits after a good end. */
  readonly whileHeld: (() => Promise<void>) | undefined;
}

/** How it ended. */
export interface SessionEnd {
  readonly state: ContainerState;
  readonly events: EventReader;
  readonly lastLines: readonly string[];
  /** What `whileHeld` failed with. */
  readonly heldFault: { readonly error: unknown } | undefined;
}

/**
 * Run a created container to its end: attach, wait, start, then its secrets. Signals travel by the attached input; a container that does not end by itself
 * in time is killed.
 *
 * @throws DAEMON_LOST, CONTAINER_FAILED, EVENTS_BROKEN, CANCELLED when the engine hangs after a signal, and what the start fails with
 */
export async function runSession(request: SessionRequest): Promise<SessionEnd> {
  const { containers, id, run, runId } = request;
  let attachment: Attachment | undefined;
  let held: Promise<void> = Promise.resolve();
  let heldFault: SessionEnd['heldFault'];
  const hold = async (): Promise<void> => {
    await request.whileHeld?.().catch((error: unknown) => {
      heldFault = { error };
    });
    void attachment?.write(`${JSON.stringify({ release: true } satisfies ControlLine)}\n`);
  };
  const events = new EventReader({
    runId,
    onState: request.onState,
    onSecret: request.onSecret,
    onEvent: (event) => {
      if (event.type === 'run.end' && event.status === 'ok' && request.whileHeld !== undefined) held = hold();
      return request.onEvent(event);
    },
  });
  const stray = new StrayOutput((line) => run.log('info', line, 'build-container'));
  let fault: { readonly error: unknown } | undefined;
  let pieces = 0;
  let behind = 0;
  const killed = new Set<Promise<void>>();
  const kill = (): void => {
    const killing = containers.kill(id).catch(() => undefined);
    killed.add(killing);
  };
  const signals = linkSignals(request);
  const attaching = containers.attach(id, {
    onOutput(stream, piece) {
      pieces += 1;
      if (stream === 'stderr') stray.push(piece);
      if (stream === 'stderr' || fault !== undefined) return undefined;
      try {
        const taken = events.push(piece);
        if (taken instanceof Promise) {
          behind += 1;
          return taken.finally(() => (behind -= 1));
        }
        return undefined;
      } catch (error) {
        // Nothing that follows can be told from garbage.
        fault = { error };
        kill();
        return undefined;
      }
    },
  });
  // Should it come after a cancellation, nobody wants it any more.
  attaching.then(
    (late) => run.signal.aborted && late !== attachment && late.close(),
    () => undefined,
  );
  attachment = await orCancelled(attaching, run.signal);
  const over = new AbortController();
  try {
    const exited = waitForExit(request, attachment, over.signal);
    await orCancelled(exited.isWaiting, run.signal);
    await containers.start(id, request.image, { signal: run.signal }).catch((error: unknown) => {
      throw request.explainStartFailure(error);
    });
    // Not waited for: nobody may read it, and only the container's end, or a signal, says how that goes on. Whatever is written later comes after it.
    void attachment.write(`${JSON.stringify(request.secrets)}\n`);
    signals.begin(attachment);
    const state = await Promise.race([exited.state, signals.givenUp]);
    const look = () => ({ pieces, isBehind: behind > 0, isComplete: events.isComplete || run.signal.aborted });
    await Promise.race([drain(attachment, look), signals.givenUp]);
    stray.end();
    await Promise.all([...killed, held]);
    if (fault !== undefined) throw fault.error;
    return { state, events, lastLines: stray.lastLines(), heldFault };
  } catch (error) {
    throw withLastLines(error, stray.lastLines());
  } finally {
    signals.release();
    over.abort();
    attachment.close();
  }
}

/** Wait for the end of the output: as long as something comes, and however slowly it is read. */
async function drain(
  attachment: Attachment,
  look: () => { readonly pieces: number; readonly isBehind: boolean; readonly isComplete: boolean },
): Promise<void> {
  let hasEnded = false;
  const ended = attachment.ended.then(() => {
    hasEnded = true;
  });
  for (let before = -1; !hasEnded && (look().isBehind || before !== look().pieces); ) {
    before = look().pieces;
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, look().isComplete ? drainMs : incompleteDrainMs);
    });
    await Promise.race([ended, pause]);
    clearTimeout(timer);
  }
}

function waitForExit({ containers, id }: SessionRequest, attachment: Attachment, over: AbortSignal) {
  let open = (): void => undefined;
  const isWaiting = new Promise<void>((resolve) => {
    open = resolve;
  });
  // Not under the run's signal: a cancelled container still ends, and says how.
  const state = containers.wait(id, { onWaiting: open, hint: attachment.ended, signal: over });
  state.catch(open);
  return { isWaiting, state };
}

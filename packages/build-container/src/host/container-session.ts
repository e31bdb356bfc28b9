import { cancellation, errorDocument } from '@dock/core';
import type { ElsewhereRun } from '@dock/core/elsewhere';
import type { Attachment, ContainerEngine, ContainerState } from '@dock/engine';
import type { CancelReason, ControlLine, SecretsDocument } from '../protocol.js';
import { EventReader } from './event-reader.js';
import { StrayOutput } from './stray-output.js';

/** How long a container may take to end once it was told to, ms: the run inside ends within 10 s of the first signal. */
const cancelMs = 12_000;
/** And once nobody wants to wait any longer, ms. */
const forceMs = 3_000;
/** How long the output may stand still before its end, once the container has ended, ms. */
const drainMs = 5_000;

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
 * @throws DAEMON_LOST, CONTAINER_FAILED, EVENTS_BROKEN, and what the start fails with
 */
export async function runSession(request: SessionRequest): Promise<SessionEnd> {
  const { containers, id, run, runId } = request;
  let held: Promise<void> = Promise.resolve();
  let heldFault: SessionEnd['heldFault'];
  const hold = async (): Promise<void> => {
    await request.whileHeld?.().catch((error: unknown) => {
      heldFault = { error };
    });
    await attachment.write(`${JSON.stringify({ release: true } satisfies ControlLine)}\n`);
  };
  const events = new EventReader({
    runId,
    onState: request.onState,
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
  const attachment = await containers.attach(id, {
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
  const control = linkSignals(request, attachment, kill);
  try {
    const exited = waitForExit(request, attachment);
    await exited.isWaiting;
    await containers.start(id, request.image, { signal: run.signal }).catch((error: unknown) => {
      throw request.explainStartFailure(error);
    });
    await attachment.write(`${JSON.stringify(request.secrets)}\n`);
    control.begin();
    const state = await exited.state;
    await drain(attachment, () => ({ pieces, isBehind: behind > 0 }));
    stray.end();
    await Promise.all([...killed, held]);
    if (fault !== undefined) throw fault.error;
    return { state, events, lastLines: stray.lastLines(), heldFault };
  } finally {
    control.release();
    attachment.close();
  }
}

/** Wait for the end of the output: as long as something comes, and however slowly it is read. */
async function drain(
  attachment: Attachment,
  look: () => { readonly pieces: number; readonly isBehind: boolean },
): Promise<void> {
  let hasEnded = false;
  const ended = attachment.ended.then(() => {
    hasEnded = true;
  });
  for (let before = -1; !hasEnded && (look().isBehind || before !== look().pieces); ) {
    before = look().pieces;
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, drainMs);
    });
    await Promise.race([ended, pause]);
    clearTimeout(timer);
  }
}

function waitForExit({ containers, id }: SessionRequest, attachment: Attachment) {
  let open = (): void => undefined;
  const isWaiting = new Promise<void>((resolve) => {
    open = resolve;
  });
  // Not under the run's signal: a cancelled container still ends, and says how.
  const state = containers.wait(id, { onWaiting: open, hint: attachment.ended });
  state.catch(open);
  return { isWaiting, state };
}

/** Tell the container of the caller's signals, and kill it when it does not end. */
function linkSignals({ run, forceSignal }: SessionRequest, attachment: Attachment, kill: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const tell = (line: ControlLine, ms: number): void => {
    void attachment.write(`${JSON.stringify(line)}\n`);
    clearTimeout(timer);
    timer = setTimeout(kill, ms);
  };
  const onAbort = (): void => tell({ cancel: cancelReason(run.signal.reason) }, cancelMs);
  const onForce = (): void => tell({ force: true }, forceMs);
  return {
    /** From now on: what came before is told first. */
    begin() {
      if (run.signal.aborted) onAbort();
      if (forceSignal?.aborted === true) onForce();
      run.signal.addEventListener('abort', onAbort);
      forceSignal?.addEventListener('abort', onForce);
    },
    release() {
      clearTimeout(timer);
      run.signal.removeEventListener('abort', onAbort);
      forceSignal?.removeEventListener('abort', onForce);
    },
  };
}

function cancelReason(reason: unknown): CancelReason {
  if (reason === 'SIGINT' || reason === 'SIGTERM') return reason;
  const { code, message, hint, exitStatus } = errorDocument(cancellation(reason));
  return { code, message, hint, exitStatus };
}

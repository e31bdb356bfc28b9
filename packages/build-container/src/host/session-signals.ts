import { cancellation, errorDocument } from '@dock/core';
import type { ElsewhereRun } from '@dock/core/elsewhere';
import type { Attachment, ContainerEngine } from '@dock/engine';
import type { CancelReason, ControlLine } from '../protocol.js';

/** How long a container may take to end once it was told to, ms: the run inside ends within 10 s of the first signal. */
const cancelMs = 12_000;
/** And once nobody wants to wait any longer, ms. */
const forceMs = 3_000;
/** How long an engine may take to answer once the run is cancelled, ms: one that hangs must not hold up the end. */
const answerMs = 5_000;

/** A build container that may have to be told that its run is cancelled. */
export interface SignalledContainer {
  readonly containers: ContainerEngine;
  readonly id: string;
  readonly run: ElsewhereRun;
  readonly forceSignal: AbortSignal | undefined;
}

/** The caller's signals, on their way into a build container. */
export interface SessionSignals {
  /** Rejects with the cancellation when the engine does not answer after it: nobody waits for the container then. */
  readonly givenUp: Promise<never>;
  /** Tell the container, from now on; what came before is told first. */
  begin(attachment: Attachment): void;
  release(): void;
}

/** Tell a container of the caller's signals, and kill it when it does not end. */
export function linkSignals({ containers, id, run, forceSignal }: SignalledContainer): SessionSignals {
  let timer: NodeJS.Timeout | undefined;
  let attachment: Attachment | undefined;
  let fail!: (error: unknown) => void;
  const givenUp = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Heard only while somebody waits.
  givenUp.catch(() => undefined);
  const giveUp = (): void => fail(cancellation(run.signal.reason ?? forceSignal?.reason));
  const kill = (): void => void containers.kill(id, 'SIGKILL', { timeoutMs: answerMs }).catch(giveUp);
  const tell = (line: ControlLine, ms: number): void => {
    void attachment?.write(`${JSON.stringify(line)}\n`);
    clearTimeout(timer);
    timer = setTimeout(kill, ms);
  };
  const onAbort = (): void => {
    tell({ cancel: cancelReason(run.signal.reason) }, cancelMs);
    containers.inspect(id, { timeoutMs: answerMs }).catch(giveUp);
  };
  const onForce = (): void => tell({ force: true }, forceMs);
  return {
    givenUp,
    begin(to) {
      attachment = to;
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

import type { Readable } from 'node:stream';
import { DockError, type EngineEvent } from '@dock/core';
import { EventGate } from '@dock/core/internal';
import { isObject, readProgress, type ProgressMessage, type StreamFailure } from '../stream/progress-stream.js';

/** Longest silence of a pull, and of a push, whose layers a registry may store for minutes, ms. */
const transferIdleMs = { pull: 120_000, push: 300_000 };

/** A pull or push that is being read. */
export interface TransferOptions {
  readonly action: 'pull' | 'push';
  /** Full form of the reference. */
  readonly reference: string;
  /** A promise that it returns is waited for before more is read. */
  readonly onEvent?: ((event: EngineEvent) => unknown) | undefined;
  readonly idleTimeoutMs?: number | undefined;
  /** Sees every message: the place to look for evidence. */
  onMessage(message: ProgressMessage): void;
}

/** The progress of one layer in a message of the engine; `undefined` when it is about something else. */
export function transferProgress(
  message: ProgressMessage,
): { status: string; layer?: string; current?: number; total?: number } | undefined {
  const { status, id, progressDetail } = message;
  if (typeof status !== 'string') return undefined;
  const detail = isObject(progressDetail) ? progressDetail : {};
  return {
    status,
    ...(typeof id === 'string' && id !== '' ? { layer: id } : {}),
    ...(typeof detail.current === 'number' ? { current: detail.current } : {}),
    ...(typeof detail.total === 'number' && detail.total > 0 ? { total: detail.total } : {}),
  };
}

/**
 * Read the stream of a pull or push to its end. Returns the engine's first error, if any.
 *
 * @throws PULL_TIMEOUT, PUSH_TIMEOUT naming the layer that stood still
 */
export function readTransfer(stream: Readable, options: TransferOptions): Promise<StreamFailure | undefined> {
  const { action, reference } = options;
  const gate = new EventGate(options.onEvent);
  let last: { layer?: string; status: string } | undefined;
  const seen = new Map<string, string>();
  return readProgress(stream, {
    gate,
    // The containerd store repeats "Waiting" many times a second, for as long as nothing happens.
    isProgress: (message) => {
      const progress = transferProgress(message);
      if (progress === undefined) return true;
      const words = `${progress.status} ${progress.current ?? ''}`;
      const layer = progress.layer ?? '';
      const isNew = seen.get(layer) !== words;
      seen.set(layer, words);
      return isNew;
    },
    idleTimeoutMs: options.idleTimeoutMs ?? transferIdleMs[action],
    idleError: (timeoutMs) => {
      const at =
        last === undefined
          ? 'before the first layer'
          : `at ${last.layer === undefined ? '' : `layer "${last.layer}", `}"${last.status}"`;
      return new DockError(
        action === 'pull' ? 'PULL_TIMEOUT' : 'PUSH_TIMEOUT',
        `The ${action} of "${reference}" made no progress for ${timeoutMs / 1000} s, ${at}.`,
        { details: { reference, timeoutMs, ...(last?.layer === undefined ? {} : { layer: last.layer }) } },
      );
    },
    onText: (text) => gate.send({ type: 'log', level: 'info', message: text, source: 'engine' }),
    onMessage: (message) => {
      options.onMessage(message);
      const progress = transferProgress(message);
      if (progress === undefined) return;
      last = progress;
      gate.send({ type: action === 'pull' ? 'pull.progress' : 'push.progress', reference, ...progress });
    },
  });
}

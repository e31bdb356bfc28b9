import type { Readable } from 'node:stream';
import { DockError } from '@dock/core';
import type { EventGate } from '@dock/core/internal';
import { guardIdle, type IdleGuardOptions } from './idle-guard.js';
import { readJsonLines } from './json-lines.js';

/** An error that the engine reports inside a stream. */
export interface StreamFailure {
  readonly message: string;
  /** Exit status of a build's command, where the engine says so. */
  readonly code?: number;
}

/** One message of the engine's progress streams. */
export type ProgressMessage = Readonly<Record<string, unknown>>;

/** What is done with a stream. */
export interface ProgressReader {
  onMessage(message: ProgressMessage): void;
  /** A line that is no JSON object, as it came. */
  readonly onText: (text: string) => void;
  /** A line that was too long and was cut. */
  readonly onCut?: (text: string, bytes: number) => void;
  /** Longest silence, ms; 0 is none. */
  readonly idleTimeoutMs?: number;
  /** Whether a message shows that something moved; one that only repeats itself does not. @default every message does */
  isProgress?(message: ProgressMessage): boolean;
  /** Where the events go: nothing is read while it is behind. @default nobody is waited for */
  readonly gate?: EventGate;
  /** The error of too long a silence. */
  idleError?(timeoutMs: number): DockError;
}

/**
 * Read a progress stream to its end. The first in-band error is kept whatever follows it, also when the stream then breaks; the lines
 * after it are still handed on. Returns that error, or `undefined`: then the caller must have seen positive evidence of success.
 * Rejects when the stream breaks without an error of its own.
 */
export async function readProgress(stream: Readable, reader: ProgressReader): Promise<StreamFailure | undefined> {
  let first: StreamFailure | undefined;
  let touch = () => {};
  const idle: IdleGuardOptions = {
    timeoutMs: reader.idleTimeoutMs ?? 0,
    error: () =>
      reader.idleError?.(reader.idleTimeoutMs ?? 0) ??
      new DockError('TIMEOUT', `The engine sent nothing for ${(reader.idleTimeoutMs ?? 0) / 1000} s.`),
    isHeld: () => reader.gate?.isWaiting === true,
    onStart: (refresh) => {
      touch = refresh;
    },
  };
  try {
    for await (const line of readJsonLines(guardIdle(stream, idle))) {
      if (reader.gate?.isBehind === true) await reader.gate.ready(stream);
      if (reader.isProgress === undefined) touch();
      if (line.kind === 'cut') {
        (reader.onCut ?? reader.onText)(line.text, line.bytes);
        continue;
      }
      if (line.kind === 'text') {
        reader.onText(line.text);
        continue;
      }
      const message = line.value;
      if (!isObject(message)) {
        reader.onText(typeof message === 'string' ? message : JSON.stringify(message));
        continue;
      }
      if (reader.isProgress?.(message) === true) touch();
      first ??= failureOf(message);
      reader.onMessage(message);
    }
  } catch (error) {
    if (first === undefined) throw error;
  }
  return first;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is ProgressMessage {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failureOf({ error, errorDetail }: ProgressMessage): StreamFailure | undefined {
  const detail = isObject(errorDetail) ? errorDetail : {};
  const texts = [detail.message, error].filter((text) => typeof text === 'string').filter((text) => text.trim() !== '');
  const hasError = error !== undefined && error !== null && error !== false;
  const hasDetail = errorDetail !== undefined && errorDetail !== null;
  if (!hasError && !hasDetail) return undefined;
  const code = typeof detail.code === 'number' ? { code: detail.code } : {};
  return { message: texts[0]?.trim() ?? 'the engine reports an error without words', ...code };
}

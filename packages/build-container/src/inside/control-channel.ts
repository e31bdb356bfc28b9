import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { DockError, isErrorCode } from '@dock/core';
import type { CancelReason, ControlLine, SecretsDocument } from '../protocol.js';

/** What the host says. */
export interface ControlChannel {
  /** The first line. */
  readonly secrets: Promise<SecretsDocument>;
  readonly signal: AbortSignal;
  readonly forceSignal: AbortSignal;
  /** Settles when the host has no more use for the container, or is gone. */
  readonly released: Promise<void>;
  /** As a control line of the host. */
  cancel(reason: CancelReason): void;
}

/** Listen to the host on standard input. Its end means that the host is gone: the run is cancelled, cleans up and ends. */
export function openControlChannel(input: Readable): ControlChannel {
  const cancelling = new AbortController();
  const forcing = new AbortController();
  const decoder = new StringDecoder('utf8');
  let held = '';
  let isFirst = true;
  let takeSecrets!: (secrets: SecretsDocument) => void;
  let fail!: (error: unknown) => void;
  let release!: () => void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const secrets = new Promise<SecretsDocument>((resolve, reject) => {
    takeSecrets = resolve;
    fail = reject;
  });
  const take = (line: string): void => {
    if (isFirst) {
      isFirst = false;
      takeSecrets(JSON.parse(line) as SecretsDocument);
      return;
    }
    const control = JSON.parse(line) as ControlLine;
    if ('release' in control) release();
    else if ('force' in control) forcing.abort(cancelling.signal.reason);
    else cancelling.abort(abortReason(control.cancel));
  };
  input.on('data', (chunk: Buffer) => {
    const lines = (held + decoder.write(chunk)).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  const onEnd = (): void => {
    const gone = new DockError('CANCELLED', 'The run was cancelled: its host is gone.', { exitStatus: 143 });
    fail(gone);
    release();
    cancelling.abort(gone);
  };
  input.on('end', onEnd);
  input.on('error', onEnd);
  return {
    secrets,
    signal: cancelling.signal,
    forceSignal: forcing.signal,
    released,
    cancel: (reason) => cancelling.abort(abortReason(reason)),
  };
}

function abortReason(reason: CancelReason): unknown {
  if (typeof reason === 'string') return reason;
  const { code, message, hint, exitStatus } = reason;
  return new DockError(isErrorCode(code) ? code : 'CANCELLED', message, { hint, exitStatus });
}

import { setTimeout as pause } from 'node:timers/promises';
import { DockError } from '@dock/core';
import type { OutputStream } from '../stream/demultiplexer.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { readOutput } from './container-output.js';
import { createExec, inspectExec, startExec } from './exec-calls.js';

/** How {@link execStream} runs. */
export interface ExecStreamOptions extends CallScope {
  /** Takes the pieces of output, in order; the next is read when it has returned, or what it returned has settled. */
  readonly onOutput: (stream: OutputStream, piece: Uint8Array) => unknown;
}

/** How long the engine may take to say how a command ended, ms. */
const endMs = 10_000;

/** Run a command in a running container, handing on what it prints as it comes. @returns its exit status */
export async function execStream(
  connection: EngineConnection,
  id: string,
  command: readonly string[],
  { onOutput, ...scope }: ExecStreamOptions,
): Promise<number> {
  const what = `running ${JSON.stringify(command[0] ?? '')} in container "${id}"`;
  const exec = await createExec(connection, { what, container: id, command }, scope);
  await startExec(connection, what, exec, scope, ({ stream }) => readOutput(stream, false, onOutput));
  // The output's end says nothing: the engine's own word is the exit code.
  const deadline = Date.now() + endMs;
  for (;;) {
    const state = await inspectExec(connection, what, exec, scope);
    if (!state.Running && state.ExitCode !== null) return state.ExitCode;
    if (Date.now() > deadline)
      throw new DockError('DAEMON_PROTOCOL', `The engine does not say how ${what} ended.`, {
        details: { container: id },
      });
    await pause(50);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { DockError } from '@dock/core';
import { containerName } from './container-client.js';
import { readOutput } from './container-output.js';
import type { OutputStream } from '../stream/demultiplexer.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { readBody } from '../transport/engine-request.js';

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
  const headers = { 'Content-Type': 'application/json' };
  const post = (path: string, body: object) => ({ method: 'POST', path, headers, body: JSON.stringify(body) });
  const create = post(`/containers/${containerName(id)}/exec`, {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: [...command],
  });
  const exec = await connection.exchange(what, create, { ...scope, timeoutMs: 60_000 }, async ({ stream }) => {
    const { Id } = JSON.parse((await readBody(stream, 64 * 1024)).toString('utf8')) as { readonly Id: string };
    return Id;
  });
  const start = { ...post(`/exec/${exec}/start`, { Detach: false, Tty: false }), upgrade: 'tcp' as const };
  await connection.exchange(what, start, scope, ({ stream }) => readOutput(stream, false, onOutput));
  // The output's end says nothing: the engine's own word is the exit code.
  const deadline = Date.now() + endMs;
  for (;;) {
    const state = await connection.exchange(
      what,
      { method: 'GET', path: `/exec/${exec}/json` },
      { ...scope, timeoutMs: 60_000 },
      async ({ stream }) =>
        JSON.parse((await readBody(stream, 1024 * 1024)).toString('utf8')) as {
          readonly Running: boolean;
          readonly ExitCode: number | null;
        },
    );
    if (!state.Running && state.ExitCode !== null) return state.ExitCode;
    if (Date.now() > deadline)
      throw new DockError('DAEMON_PROTOCOL', `The engine does not say how ${what} ended.`, {
        details: { container: id },
      });
    await pause(50);
  }
}

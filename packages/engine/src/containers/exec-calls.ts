import { containerName, createdId } from './container-client.js';
import { documentOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { type EngineAnswer, postJson, readAnswer } from '../transport/engine-request.js';

/** How long a plain call about a command may take, ms. */
const callMs = 60_000;

/** A command in a running container. */
export interface ExecRequest {
  /** In words, for messages. */
  readonly what: string;
  readonly container: string;
  readonly command: readonly string[];
  /** Whether it reads what we write. @default false */
  readonly readsInput?: boolean;
}

/** How a command stands. */
export interface ExecState {
  readonly Running: boolean;
  readonly ExitCode: number | null;
}

/** Make a command; it does not run yet. @returns its ID */
export async function createExec(
  connection: EngineConnection,
  { what, container, command, readsInput = false }: ExecRequest,
  scope: CallScope,
): Promise<string> {
  const request = postJson(`/containers/${containerName(container)}/exec`, {
    AttachStdin: readsInput,
    AttachStdout: true,
    AttachStderr: true,
    Cmd: [...command],
  });
  return connection.exchange(what, request, { ...scope, timeoutMs: callMs }, async (answer) =>
    createdId(what, await readAnswer(answer)),
  );
}

/** Start a command and act on what it prints, which comes in the engine's frames. */
export async function startExec<T>(
  connection: EngineConnection,
  what: string,
  exec: string,
  scope: CallScope,
  act: (answer: EngineAnswer) => Promise<T>,
): Promise<T> {
  const request = { ...postJson(`/exec/${exec}/start`, { Detach: false, Tty: false }), upgrade: 'tcp' as const };
  return connection.exchange(what, request, scope, act);
}

/** Ask how a command stands. */
export async function inspectExec(
  connection: EngineConnection,
  what: string,
  exec: string,
  scope: CallScope,
): Promise<ExecState> {
  const request = { method: 'GET', path: `/exec/${exec}/json` };
  return connection.exchange(what, request, { ...scope, timeoutMs: callMs }, async (answer) => {
    const { Running, ExitCode = null } = documentOf<{ readonly Running: boolean; readonly ExitCode?: number }>(
      what,
      await readAnswer(answer),
      { 'Running!': 'flag', ExitCode: 'number' },
    );
    return { Running, ExitCode };
  });
}

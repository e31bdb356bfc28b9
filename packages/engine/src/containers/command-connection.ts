import { Duplex } from 'node:stream';
import type { WithConnection } from '@dock/buildkit';
import { DockError, isDockError } from '@dock/core';
import { OutputTail } from '@dock/core/internal';
import { Demultiplexer, type OutputStream } from '../stream/demultiplexer.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { createExec, inspectExec, startExec } from './exec-calls.js';

/** How much of what a command says on the side is kept, for messages. */
const wordBytes = 4096;

/** Exit statuses of a command that cannot be run: the engine says why in its place, on standard output. */
const cannotRun: ReadonlySet<number> = new Set([126, 127]);

/**
 * What a command in a running container reads and writes, as a connection: `buildctl dial-stdio`. It ends with the act, and the command with its input. What
 * the command says on standard error is told when it fails.
 *
 * @throws CONTAINER_FAILED when the command cannot be run, or ends with an error
 */
export function commandConnection(
  connection: EngineConnection,
  container: string,
  command: readonly string[],
): WithConnection {
  const what = `running "${command.join(' ')}" in container "${container}"`;
  return async ({ signal }, act) => {
    const scope: CallScope = { signal };
    const exec = await createExec(connection, { what, container, command, readsInput: true }, scope);
    const words = new OutputTail(wordBytes);
    const answer = new OutputTail(wordBytes);
    try {
      return await startExec(connection, what, exec, scope, async ({ connection: opened }) => {
        if (opened === undefined)
          throw new DockError('DAEMON_PROTOCOL', `The engine did not open a connection for ${what}.`);
        const own = new CommandConnection(opened, { stdout: answer, stderr: words });
        try {
          return await act(own);
        } finally {
          own.destroy();
        }
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      const exitCode = await exitCodeOf(connection, what, exec);
      // What an act throws by itself is no failure of the command, which ends well when its input does.
      if (exitCode === undefined || exitCode === 0) throw error;
      const said = (cannotRun.has(exitCode) ? `${words.text()}${answer.text()}` : words.text()).trim();
      throw new DockError(
        'CONTAINER_FAILED',
        `${what.replace(/^r/, 'R')} ended with exit status ${exitCode}${said === '' ? '' : `: ${said}`}.`,
        { cause: error, details: { container, exitCode, ...(isDockError(error) ? { code: error.code } : {}) } },
      );
    }
  };
}

/** The exit status of a command that is over; undefined for one that is not, or where the engine does not say. */
async function exitCodeOf(connection: EngineConnection, what: string, exec: string): Promise<number | undefined> {
  try {
    const { Running, ExitCode } = await inspectExec(connection, what, exec, {});
    return Running ? undefined : (ExitCode ?? undefined);
  } catch {
    // Then what broke is told as it was seen.
    return undefined;
  }
}

/** The engine's connection to a command: frames on the way here, bytes on the way there. */
class CommandConnection extends Duplex {
  readonly #engine: Duplex;

  constructor(engine: Duplex, tails: Readonly<Record<OutputStream, OutputTail>>) {
    super();
    this.#engine = engine;
    const frames = new Demultiplexer((stream, piece) => {
      tails[stream].push(piece);
      if (stream === 'stdout' && !this.push(piece)) engine.pause();
    });
    engine.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch (error) {
        this.destroy(error as Error);
      }
    });
    engine.once('end', () => this.push(null));
    engine.once('error', (error) => this.destroy(error));
    engine.once('close', () => this.destroy());
  }

  override _read(): void {
    this.#engine.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#engine.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#engine.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#engine.destroy();
    done(error);
  }
}

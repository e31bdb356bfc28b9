import { fstatSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { asOwner, keepStandardOutput } from './own-descriptor.js';

/** Writes to the real standard output. @param done Called when that was taken, or with what went wrong */
export type WriteOutput = (text: string | Uint8Array, done?: (error?: Error | null) => void) => void;

/**
 * The one way to standard output, for whoever has something to say there. A reader that has gone away is no error. Progress that standard error does not take
 * breaks nothing either: a run's log has it all.
 *
 * @param onLost Called once when something did not get there; with a file at once, with a pipe later.
 */
export function openStandardOutput(onLost: (error: NodeJS.ErrnoException) => void): WriteOutput {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  let isLost = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (isLost || error.code === 'EPIPE') return;
    isLost = true;
    onLost(error);
  };
  stdout.on('error', onError);
  stderr.on('error', () => undefined);
  return (text, done) => {
    const end = (error?: Error | null): void => {
      if (error) onError(error);
      done?.(error);
    };
    if (isStream()) return void write(text, end);
    try {
      // Node's stream of a file does not look whether the disk took the whole of it.
      asOwner(() => writeFileSync(1, text));
    } catch (error) {
      return end(error as NodeJS.ErrnoException);
    }
    end();
  };
}

/**
 * {@link openStandardOutput}, and keep it for the result: whatever else prints there (a config, a plugin, a library, a program that one of them starts) goes to
 * standard error.
 */
export function reserveStandardOutput(onLost: (error: NodeJS.ErrnoException) => void): WriteOutput {
  const { stdout, stderr } = process;
  const write = openStandardOutput(onLost);
  keepStandardOutput();
  stdout.write = ((chunk: Uint8Array | string, encoding?: BufferEncoding, done?: (error?: Error | null) => void) =>
    stderr.write(chunk, encoding, done)) as typeof stdout.write;
  return write;
}

/** Standard output for what a build sends: as much at once as it takes. Ending it leaves standard output open. */
export function standardOutputBytes(write: WriteOutput): Writable {
  return new Writable({ write: (chunk: Buffer, _, done) => write(chunk, done) });
}

/** A pipe, a socket or a terminal, which may take a while. */
function isStream(): boolean {
  if (process.stdout.isTTY) return true;
  const kind = fstatSync(1);
  return kind.isFIFO() || kind.isSocket();
}
